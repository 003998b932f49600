package import HubDatabase

/// The tables of the use cases: people, repositories, jobs, reports, events.
///
/// Released steps never change; a new need is a new step at the end.
package enum CatalogSchema {
    package static let migrations: [Migration] = [
        accounts, repositories, work, listing, discussions, people, collections, webhooks, logins, largeFiles, gates,
        locks, imports, sshKeys, mirrors, rewinding, largeFileParts, attachments,
        forkOrigins, jobOrder,
    ]

    private static let accounts = Migration(
        "catalog-001-accounts",
        [
            """
            CREATE TABLE account (
                id {identity},
                name TEXT NOT NULL,
                name_key TEXT NOT NULL UNIQUE,
                kind TEXT NOT NULL CHECK (kind IN ('user', 'organization')),
                is_admin INTEGER NOT NULL DEFAULT 0,
                created_at BIGINT NOT NULL
            )
            """,
            """
            CREATE TABLE membership (
                organization_id BIGINT NOT NULL REFERENCES account(id),
                user_id BIGINT NOT NULL REFERENCES account(id),
                role TEXT NOT NULL CHECK (role IN ('read', 'contribute', 'write', 'admin')),
                PRIMARY KEY (organization_id, user_id)
            )
            """,
            "CREATE INDEX membership_user ON membership (user_id)",
            """
            CREATE TABLE access_token (
                id {identity},
                user_id BIGINT NOT NULL REFERENCES account(id),
                name TEXT NOT NULL,
                digest {blob} NOT NULL UNIQUE,
                scope TEXT NOT NULL CHECK (scope IN ('read', 'write', 'admin')),
                created_at BIGINT NOT NULL,
                expires_at BIGINT
            )
            """,
            """
            CREATE TABLE secret (
                name TEXT PRIMARY KEY,
                value {blob} NOT NULL
            )
            """,
        ]
    )

    private static let repositories = Migration(
        "catalog-002-repositories",
        [
            """
            CREATE TABLE repository (
                id {identity},
                kind TEXT NOT NULL,
                owner_id BIGINT NOT NULL REFERENCES account(id),
                name TEXT NOT NULL,
                name_key TEXT NOT NULL,
                visibility TEXT NOT NULL CHECK (visibility IN ('public', 'private')),
                upstream_id BIGINT,
                created_at BIGINT NOT NULL,
                updated_at BIGINT NOT NULL,
                UNIQUE (kind, owner_id, name_key)
            )
            """,
            "CREATE INDEX repository_updated ON repository (updated_at)",
        ]
    )

    private static let work = Migration(
        "catalog-003-work",
        [
            """
            CREATE TABLE job (
                id {identity},
                kind TEXT NOT NULL,
                subject {blob} NOT NULL,
                repository_id BIGINT NOT NULL,
                commit_id {blob} NOT NULL,
                state TEXT NOT NULL CHECK (state IN ('queued', 'running')),
                attempts INTEGER NOT NULL DEFAULT 0,
                lease_until BIGINT NOT NULL DEFAULT 0,
                created_at BIGINT NOT NULL,
                UNIQUE (kind, subject)
            )
            """,
            """
            CREATE TABLE report (
                subject {blob} PRIMARY KEY,
                body TEXT NOT NULL,
                created_at BIGINT NOT NULL
            )
            """,
            """
            CREATE TABLE event (
                id {identity},
                kind TEXT NOT NULL,
                repository_id BIGINT,
                actor_id BIGINT,
                payload TEXT NOT NULL,
                created_at BIGINT NOT NULL
            )
            """,
            "CREATE INDEX event_repository ON event (repository_id, id)",
        ]
    )
}
