import HubDatabase

extension CatalogSchema {
    /// The order in which jobs are done: see ``JobOrder``.
    static let jobOrder = Migration(
        "catalog-job-order",
        [
            "ALTER TABLE job ADD COLUMN urgency INTEGER NOT NULL DEFAULT 0",
            "ALTER TABLE job ADD COLUMN turn BIGINT NOT NULL DEFAULT 0",
            "CREATE INDEX job_turn ON job (urgency, turn, id)",
            "CREATE INDEX job_repository ON job (repository_id, urgency, turn)",
        ]
    )
}
