import HubCore
import HubDatabase

/// The rows of `git_closure`: what the tips of a repository reach, written down so that a clone need not walk it.
///
/// They are true for as long as their objects are kept, as commits never change, and cost a clone nothing but time when
/// they are missing. Git calls such lists reachability bitmaps (gitformat-bitmap); here they are lists of numbers in order.
struct ClosureRows {
    let connection: any SQLConnection

    /// One list: all that `tips` reach and the parts before it do not hold.
    struct Part {
        let tips: [CommitID]

        /// Numbers of objects as ``encode(_:)`` writes them.
        let objects: [UInt8]
    }

    func parts(of repository: Int64) throws -> [Part] {
        try connection.query(
            "SELECT tips, objects FROM git_closure WHERE repository_id = ? ORDER BY part", [repository]
        ).map { row in
            let tips = try row.blob(0)
            guard tips.count % ObjectID.byteCount == 0 else { throw SQLError.other("a row of git_closure is damaged") }
            let ids = stride(from: 0, to: tips.count, by: ObjectID.byteCount).compactMap { start in
                ObjectID(bytes: tips[start..<min(start + ObjectID.byteCount, tips.count)])
            }
            return Part(tips: ids, objects: try row.blob(1))
        }
    }

    func replace(_ parts: [Part], of repository: Int64) throws {
        try remove(of: repository)
        for (number, part) in parts.enumerated() {
            try connection.execute(
                "INSERT INTO git_closure (repository_id, part, tips, objects) VALUES (?, ?, ?, ?)",
                [repository, number, part.tips.flatMap(\.bytes), part.objects])
        }
    }

    func remove(of repository: Int64) throws {
        try connection.execute("DELETE FROM git_closure WHERE repository_id = ?", [repository])
    }

    /// The steps between ascending numbers, seven bits a byte, the lowest first; the top bit says that more follow.
    static func encode(_ numbers: [Int64]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(numbers.count * 2)
        var last: Int64 = 0
        for number in numbers {
            var rest = UInt64(number - last)
            while rest > 0x7F {
                bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
                rest >>= 7
            }
            bytes.append(UInt8(rest))
            last = number
        }
        return bytes
    }

    static func decode(_ bytes: [UInt8]) -> [Int64] {
        var numbers: [Int64] = []
        numbers.reserveCapacity(bytes.count)
        forEachNumber(in: bytes) { numbers.append($0) }
        return numbers
    }

    static func forEachNumber(in bytes: [UInt8], _ body: (Int64) -> Void) {
        var (last, step, shift): (Int64, Int64, Int64) = (0, 0, 0)
        for byte in bytes {
            step |= Int64(byte & 0x7F) << shift
            shift += 7
            guard byte & 0x80 == 0 else { continue }
            last &+= step
            body(last)
            (step, shift) = (0, 0)
        }
    }
}
