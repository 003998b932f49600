import HubChunks
package import HubCore
import HubDatabase

/// A row of `attachment`: a file somebody sent to show it in a discussion.
///
/// It belongs to the comment that names it first, and goes with it; until then it is its uploader's alone.
package struct Attachment: Sendable {
    /// What may be attached: what browsers show without running anything in it.
    package enum Format: String, Sendable, CaseIterable {
        case png = "image/png"
        case jpeg = "image/jpeg"
        case gif = "image/gif"
        case webp = "image/webp"
        case mp4 = "video/mp4"
        case mov = "video/quicktime"
        case webm = "video/webm"
        case mp3 = "audio/mpeg"
        case wav = "audio/wav"

        var isVideo: Bool { rawValue.hasPrefix("video/") }

        /// How the names of such files end.
        var suffix: String {
            switch self {
            case .jpeg: "jpg"
            case .mov: "mov"
            case .mp3: "mp3"
            case .png, .gif, .webp, .mp4, .webm, .wav: String(rawValue.split(separator: "/")[1])
            }
        }
    }

    package let format: Format
    package let digest: ContentDigest

    /// 32 hex digits nobody can guess.
    let hex: String

    /// The last part of its URL.
    package var name: String { "\(hex).\(format.suffix)" }

    /// What the chunk store knows it by: no repository's content, so that nothing but its URL leads to it.
    static func scope(of row: Int64) -> Int64 { row | 1 << 61 }

    static func freshHex() -> String {
        var generator = SystemRandomNumberGenerator()
        let digits = (0..<2).map { _ in String(generator.next() as UInt64, radix: 16) }
        return digits.map { String(repeating: "0", count: 16 - $0.count) + $0 }.joined()
    }
}

extension Attachment {
    /// Where a comment names a file; the host before it may be called anything.
    package static let place = "/uploads/"

    /// So many files one comment may bring along.
    private static let limit = 100

    /// Makes the files that `text` names, if they are the writer's and nobody's else yet, part of a comment.
    static func claim(
        in text: String, for event: Int64, by caller: Caller, in connection: any SQLConnection
    ) throws {
        guard let user = caller.user else { return }
        for hex in names(in: text) {
            try connection.execute(
                "UPDATE attachment SET event_id = ? WHERE hex = ? AND uploader_id = ? AND event_id IS NULL",
                [event, hex, user.id])
        }
    }

    private static func names(in text: String) -> Set<String> {
        let found = text.utf8.ranges(of: place.utf8).prefix(limit).map { range in
            text.utf8[range.upperBound...].prefix(32)
        }
        return Set(
            found.filter { $0.count == 32 && $0.allSatisfy { "0123456789abcdef".utf8.contains($0) } }
                .map { String(decoding: $0, as: UTF8.self) })
    }

    /// Forgets those that `condition` is true for; their bytes go with the next sweep.
    ///
    /// - Parameter limit: How many at most.
    @discardableResult
    static func remove(
        where condition: String,
        _ values: [any SQLValueConvertible],
        limit: Int = .max,
        in connection: any SQLConnection
    ) throws -> Int {
        let rows = try connection.query(
            "SELECT id FROM attachment WHERE \(condition) LIMIT ?", values + [limit]
        ).map { row in try row.int64(0) }
        for row in rows {
            try ContentStore.unlinkAll(scope: scope(of: row), in: connection)
            try connection.execute("DELETE FROM attachment WHERE id = ?", [row])
        }
        return rows.count
    }
}
