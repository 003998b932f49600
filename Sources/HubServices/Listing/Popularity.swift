import HubDatabase

/// How much a repository is in use.
package struct Popularity: Sendable, Hashable {
    /// Downloads of the last thirty days.
    package var downloads = 0
    package var downloadsAllTime = 0
    package var likes = 0

    /// Downloads of the last seven days.
    package var trending = 0

    static let monthDays: Int64 = 30
    static let weekDays: Int64 = 7

    /// What a query over `repository` sorts by to have the most liked first.
    static let likesColumn =
        "(SELECT COUNT(*) FROM repository_like WHERE repository_like.repository_id = repository.id)"

    /// The day an instant lies in, counted from 1970 in UTC.
    static func day(of seconds: Int64) -> Int64 { seconds / 86_400 }

    static func find(_ rowID: Int64, in connection: any SQLConnection) throws -> Popularity {
        var popularity = Popularity()
        let likes = try connection.queryOne(
            "SELECT COUNT(*) FROM repository_like WHERE repository_id = ?", [rowID])
        popularity.likes = try likes?.int(0) ?? 0
        let row = try connection.queryOne(
            "SELECT downloads, downloads_all_time, trending FROM popularity WHERE repository_id = ?", [rowID])
        guard let row else { return popularity }
        popularity.downloads = try row.int(0)
        popularity.downloadsAllTime = try row.int(1)
        popularity.trending = try row.int(2)
        return popularity
    }

    /// Adds downloads to a day.
    static func add(_ count: Int, to rowID: Int64, on day: Int64, in connection: any SQLConnection) throws {
        try connection.execute(
            """
            INSERT INTO download_day (repository_id, day, count) VALUES (?, ?, ?)
            ON CONFLICT (repository_id, day) DO UPDATE SET count = download_day.count + excluded.count
            """, [rowID, day, count])
        try sumUp(rowID, on: day, in: connection)
    }

    /// Sums up the days of every repository whose sums change because a day has gone by.
    static func sumUpAll(on day: Int64, in connection: any SQLConnection) throws {
        let touched = try connection.query(
            "SELECT DISTINCT repository_id FROM download_day WHERE day >= ?", [day - monthDays - 1])
        for row in touched { try sumUp(try row.int64(0), on: day, in: connection) }
        try connection.execute(
            """
            UPDATE popularity SET downloads = 0, trending = 0
            WHERE (downloads > 0 OR trending > 0) AND NOT EXISTS (
                SELECT 1 FROM download_day
                WHERE download_day.repository_id = popularity.repository_id AND download_day.day > ?)
            """, [day - monthDays])
    }

    static func remove(_ rowID: Int64, in connection: any SQLConnection) throws {
        try connection.execute("DELETE FROM download_day WHERE repository_id = ?", [rowID])
        try connection.execute("DELETE FROM popularity WHERE repository_id = ?", [rowID])
    }

    private static func sumUp(_ rowID: Int64, on day: Int64, in connection: any SQLConnection) throws {
        let row = try connection.queryOne(
            """
            SELECT COALESCE(SUM(CASE WHEN day > ? THEN count ELSE 0 END), 0), COALESCE(SUM(count), 0),
                COALESCE(SUM(CASE WHEN day > ? THEN count ELSE 0 END), 0)
            FROM download_day WHERE repository_id = ?
            """, [day - monthDays, day - weekDays, rowID])
        guard let row else { return }
        try connection.execute(
            """
            INSERT INTO popularity (repository_id, downloads, downloads_all_time, trending) VALUES (?, ?, ?, ?)
            ON CONFLICT (repository_id) DO UPDATE SET downloads = excluded.downloads,
                downloads_all_time = excluded.downloads_all_time, trending = excluded.trending
            """, [rowID, try row.int(0), try row.int(1), try row.int(2)])
    }
}
