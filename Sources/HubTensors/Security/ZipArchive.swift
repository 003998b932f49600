import HubCore

/// The entries of a zip archive, read with distrust.
///
/// Loaders disagree about damaged archives: some follow the central directory, some the local headers. So an
/// archive is accepted only if both say the same and the entries fill the file from its first byte to the
/// directory; whatever deviates is a fault. What can still be located is listed, so that it is scanned anyhow.
struct ZipArchive {
    struct Entry {
        var name: String
        var isEncrypted: Bool
        var method: UInt64
        var data: Range<Int>  // as it lies in the file
        var size: UInt64  // unpacked, as claimed
    }

    private(set) var entries: [Entry] = []

    /// What is wrong, as whole sentences without their end.
    private(set) var faults: [String] = []

    fileprivate struct Record {
        var name: [UInt8]
        var flags: UInt64
        var method: UInt64
        var packed: UInt64
        var size: UInt64
        var header: UInt64
    }

    private struct Directory {
        var start: Int
        var end: Int  // where the trailing records begin
        var count: UInt64
    }

    static let maximumEntries = 100_000
    private static let endRecordSize = 22

    /// The most a data descriptor between two entries takes.
    private static let largestDescriptor = 24

    /// Where the end record lies, if the file ends as a zip archive does.
    ///
    /// `tail` are the last bytes of the file, at least 64 KiB + 22 of them or all there are.
    static func endRecord(in tail: [UInt8]) -> Int? {
        guard tail.count >= endRecordSize else { return nil }
        return stride(from: tail.count - endRecordSize, through: 0, by: -1).first { place in
            tail[place] == 0x50 && tail[place + 1] == 0x4B && tail[place + 2] == 5 && tail[place + 3] == 6
                && place + endRecordSize + tail.littleEndian(place + 20, 2).clampedInt == tail.count
        }
    }

    static let tailSize = endRecordSize + 0xFFFF

    /// Reads the directory and every local header of `reader`.
    init(_ reader: any ByteReader) async throws {
        let tailStart = max(0, reader.count - Self.tailSize)
        let tail = try await reader.read(tailStart..<reader.count)
        guard let place = Self.endRecord(in: tail) else {
            faults.append("the zip archive has no end record where it must be")
            return
        }
        if tail[(place + 4)...].containsSequence([0x50, 0x4B, 5, 6]) {
            faults.append("the zip archive has a second end record in its comment")
        }
        guard let directory = try await directory(tail, place, tailStart, reader) else { return }
        let records = try await records(of: directory, reader)
        try await locate(records, directory, reader)
    }

    private mutating func directory(
        _ tail: [UInt8],
        _ place: Int,
        _ tailStart: Int,
        _ reader: any ByteReader
    ) async throws -> Directory? {
        var count = tail.littleEndian(place + 10, 2)
        var size = tail.littleEndian(place + 12, 4)
        var start = tail.littleEndian(place + 16, 4)
        var end = UInt64(tailStart + place)
        if place >= 20, tail.littleEndian(place - 20, 4) == 0x0706_4B50 {
            let record = tail.littleEndian(place - 12, 8)
            guard record <= end, end - record >= 76 else {
                faults.append("the zip archive's large end record lies outside the file")
                return nil
            }
            let bytes = try await reader.read(Int(record)..<Int(record) + 56)
            guard bytes.littleEndian(0, 4) == 0x0606_4B50 else {
                faults.append("the zip archive's large end record is none")
                return nil
            }
            count = bytes.littleEndian(32, 8)
            size = bytes.littleEndian(40, 8)
            start = bytes.littleEndian(48, 8)
            end = record
        }
        guard count <= UInt64(Self.maximumEntries), size <= 64 << 20 else {
            faults.append("the zip archive claims \(count) entries, too many to be scanned")
            return nil
        }
        guard start <= end, size == end - start else {
            faults.append("the zip archive's directory does not lie where its end record says")
            return nil
        }
        return Directory(start: Int(start), end: Int(end), count: count)
    }

    private mutating func records(of directory: Directory, _ reader: any ByteReader) async throws -> [Record] {
        let bytes = try await reader.read(directory.start..<directory.end)
        var records: [Record] = []
        var place = 0
        while place + 46 <= bytes.count, bytes.littleEndian(place, 4) == 0x0201_4B50 {
            let name = bytes.littleEndian(place + 28, 2).clampedInt
            let extra = bytes.littleEndian(place + 30, 2).clampedInt
            let comment = bytes.littleEndian(place + 32, 2).clampedInt
            let next = place + 46 + name + extra + comment
            guard next <= bytes.count else { break }
            var record = Record(
                name: Array(bytes[place + 46..<place + 46 + name]),
                flags: bytes.littleEndian(place + 8, 2),
                method: bytes.littleEndian(place + 10, 2),
                packed: bytes.littleEndian(place + 20, 4),
                size: bytes.littleEndian(place + 24, 4),
                header: bytes.littleEndian(place + 42, 4)
            )
            record.widen(by: bytes[place + 46 + name..<place + 46 + name + extra])
            records.append(record)
            place = next
        }
        if place != bytes.count || UInt64(records.count) != directory.count {
            faults.append("the zip archive's directory does not hold the \(directory.count) entries it claims")
        }
        return records
    }

    /// Compares each record with its local header and checks that the entries fill the file.
    private mutating func locate(
        _ records: [Record],
        _ directory: Directory,
        _ reader: any ByteReader
    ) async throws {
        var filled = 0
        for record in records.sorted(by: { $0.header < $1.header }) {
            let name = record.name.printable
            guard record.header <= UInt64(directory.start), directory.start - Int(record.header) >= 30 else {
                faults.append("the zip entry '\(name)' lies outside the archive")
                continue
            }
            let start = Int(record.header)
            if !(filled...filled + Self.largestDescriptor).contains(start) {
                faults.append("the zip archive hides bytes before, or overlaps, its entry '\(name)'")
            }
            let header = try await reader.read(start..<start + 30)
            let dataStart = start + 30 + header.littleEndian(26, 2).clampedInt + header.littleEndian(28, 2).clampedInt
            guard header.littleEndian(0, 4) == 0x0403_4B50, dataStart <= directory.start,
                record.packed <= UInt64(directory.start - dataStart)
            else {
                faults.append("the zip entry '\(name)' has no local header, or ends outside the archive")
                continue
            }
            let rest = try await reader.read(start + 30..<dataStart)
            compare(record, header, rest)
            filled = dataStart + Int(record.packed)
            guard record.name.last != UInt8(ascii: "/") || record.packed > 0 else { continue }
            let encrypted = (record.flags | header.littleEndian(6, 2)) & 0x2041 != 0
            entries.append(
                Entry(
                    name: name, isEncrypted: encrypted, method: record.method, data: dataStart..<filled,
                    size: record.size)
            )
        }
        if filled + Self.largestDescriptor < directory.start, !records.isEmpty {
            faults.append("the zip archive hides bytes between its last entry and its directory")
        }
        if records.isEmpty, directory.start > 0 { faults.append("the zip archive hides bytes before its directory") }
    }

    private mutating func compare(_ record: Record, _ header: [UInt8], _ rest: [UInt8]) {
        let nameCount = header.littleEndian(26, 2).clampedInt
        var local = Record(
            name: Array(rest[..<nameCount]),
            flags: header.littleEndian(6, 2),
            method: header.littleEndian(8, 2),
            packed: header.littleEndian(18, 4),
            size: header.littleEndian(22, 4),
            header: 0
        )
        local.widen(by: rest[nameCount...])
        let name = record.name.printable
        if local.name != record.name {
            faults.append("the zip entry '\(name)' is called '\(local.name.printable)' in its local header")
        }
        let comesLater = local.flags & 8 != 0 && local.packed == 0 && local.size == 0
        let sameSizes = comesLater || (local.packed == record.packed && local.size == record.size)
        if local.method != record.method || !sameSizes {
            faults.append("the zip entry '\(name)' has another size or method in its local header")
        }
        if record.method == 0, record.size != record.packed {
            faults.append("the stored zip entry '\(name)' claims two sizes")
        }
    }
}

extension ZipArchive.Record {
    /// Takes the 64-bit sizes from the extra field.
    fileprivate mutating func widen(by extra: ArraySlice<UInt8>) {
        var rest = Array(extra)[...]
        while rest.count >= 4 {
            let bytes = Array(rest)
            let length = bytes.littleEndian(2, 2).clampedInt
            guard length <= rest.count - 4 else { return }
            if bytes.littleEndian(0, 2) == 1 { return take(Array(bytes[4..<4 + length])) }
            rest = rest.dropFirst(4 + length)
        }
    }

    private mutating func take(_ field: [UInt8]) {
        var place = 0
        func next() -> UInt64? {
            guard place + 8 <= field.count else { return nil }
            defer { place += 8 }
            return field.littleEndian(place, 8)
        }
        if size == 0xFFFF_FFFF, let wide = next() { size = wide }
        if packed == 0xFFFF_FFFF, let wide = next() { packed = wide }
        if header == 0xFFFF_FFFF, let wide = next() { header = wide }
    }
}
