import HubCore

/// One file's scan: follows archives into their members and collects what it finds.
struct SecurityScan {
    /// Where in the file the scan is.
    struct Place {
        var name: String
        var trail: [String] = []

        var depth: Int { trail.count }

        func member(_ name: String) -> Place { Place(name: name, trail: trail + [name]) }
    }

    let path: String
    let limits: SecurityCheck.Limits
    private(set) var findings: [Finding] = []
    private var pickles: PickleScanner
    private var unpackedLeft: Int

    /// No file is described by more findings.
    private static let findingLimit = 50

    init(path: String, limits: SecurityCheck.Limits) {
        self.path = path
        self.limits = limits
        pickles = PickleScanner(operations: limits.operations)
        unpackedLeft = limits.unpackedTotal
    }

    mutating func inspect(_ reader: any ByteReader, _ place: Place) async throws {
        guard reader.count > 0 || FileName.promisesPickle(place.name) else { return }
        guard place.depth <= limits.depth else {
            return report("archives lie too deep in each other to be scanned", place)
        }
        let head = try await reader.read(0..<min(reader.count, ContentKind.headSize))
        let kind = ContentKind(head: head, count: reader.count)
        switch kind {
        case .zip: try await zip(reader, place)
        case .tar: try await tar(reader, place)
        case .gzip: try await gzip(reader, place)
        case .zlib: try await zlib(reader, place)
        case .sealed(let name):
            report("the file is a \(name), which cannot be scanned; store what it holds instead", place)
        case .program(let name): program("the file is a \(name)", place)
        case .script: if FileName.promisesData(place.name) { program("the file is a script", place) }
        case .numpy: try await numpy(reader, head, place)
        case .safetensors: try await safetensors(reader, head, place)
        case .gguf: try await gguf(reader, place)
        case .text, .other: try await loose(reader, isText: kind == .text && reader.count > 0, place)
        }
        if kind != .zip, kind != .tar { try await hiddenZip(reader, place) }
    }

    private mutating func report(_ message: String, _ place: Place, _ severity: Finding.Severity = .error) {
        let member = place.trail.isEmpty ? "" : "in '\(place.trail.joined(separator: "' in '"))': "
        let finding = Finding(severity, member + message, in: path)
        if findings.count < Self.findingLimit, !findings.contains(finding) { findings.append(finding) }
    }

    private mutating func report(_ messages: [String], _ place: Place) {
        for message in messages { report(message, place) }
    }
}

// MARK: - Pickles

extension SecurityScan {
    /// Scans what has no structure that says where a pickle may stand: its start and, unless it is text, its end.
    private mutating func loose(_ reader: any ByteReader, isText: Bool, _ place: Place) async throws {
        // Text that starts with no opcode, such as a git-lfs pointer, makes every unpickler stop at once.
        if isText, PickleOpcode(rawValue: try await reader.read(0..<1)[0]) == nil { return }
        let isPickle = try await pickle(reader, place)
        if !isPickle, !isText { try await tail(reader, place) }
    }

    @discardableResult
    private mutating func pickle(_ reader: any ByteReader, _ place: Place, from start: Int = 0) async throws -> Bool {
        let verdict = try await pickles.scan(
            reader,
            from: start,
            isExpected: start > 0 || FileName.promisesPickle(place.name)
        )
        report(verdict.faults, place)
        return verdict.isPickle
    }

    /// Object arrays are pickles behind a header (NEP 1).
    private mutating func numpy(_ reader: any ByteReader, _ head: [UInt8], _ place: Place) async throws {
        let isOld = head.count > 6 && head[6] == 1
        let start = isOld ? 10 + head.littleEndian(8, 2).clampedInt : 12 + head.littleEndian(8, 4).clampedInt
        guard start <= reader.count, start <= 1 << 20 else { return report("the numpy header does not end", place) }
        let header = try await reader.read(0..<start)
        guard Self.mayHoldObjects(header) else { return }
        try await pickle(reader, place, from: start)
    }

    private static func mayHoldObjects(_ header: [UInt8]) -> Bool {
        ["'O", "|O", "\"O", "<O", ">O", "=O"].contains { header[...].containsSequence(Array($0.utf8)) }
    }

    private mutating func tail(_ reader: any ByteReader, _ place: Place) async throws {
        guard place.depth == 0 else { return }
        report(try await pickles.scanTail(reader), place)
    }
}

// MARK: - Files that are two things

extension SecurityScan {
    private mutating func program(_ what: String, _ place: Place) {
        if FileName.promisesData(place.name) {
            report("\(what) under the name of data", place)
        } else {
            report("\(what); look at it before you run it", place, .warning)
        }
    }

    private mutating func safetensors(_ reader: any ByteReader, _ head: [UInt8], _ place: Place) async throws {
        try await disguise(reader, head, place)
        let verdict = try await pickles.scan(reader)
        report(verdict.faults, place)
        let (file, _) = try await SafetensorsFile.inspect(reader, path: path)
        guard file == nil else { return }
        // The structure check says what is wrong with the header; here it matters only what lies behind it.
        let end = try await Self.safetensorsEnd(reader)
        try await behind(end, reader, place)
    }

    /// Where the last tensor of a header ends that need not be sound.
    private static func safetensorsEnd(_ reader: any ByteReader) async throws -> Int {
        let length = try await reader.read(0..<8).littleEndian(0, 8).clampedInt
        guard length <= SafetensorsLimits().headerByteCount, length <= reader.count - 8 else { return 8 }
        let text = try await reader.read(8..<8 + length)
        guard case .success(let json) = Result(catching: { () throws(JSONError) in try JSONReader.parse(text) }) else {
            return 8 + length
        }
        let ends = json.object?.values.compactMap { $0["data_offsets"]?.array?.last?.int } ?? []
        let (end, overflow) = (8 + length).addingReportingOverflow(max(0, ends.max() ?? 0))
        return overflow ? reader.count : end
    }

    private mutating func gguf(_ reader: any ByteReader, _ place: Place) async throws {
        let verdict = try await pickles.scan(reader)
        report(verdict.faults, place)
    }

    /// Scans what follows the end of a file's own content.
    private mutating func behind(_ end: Int, _ reader: any ByteReader, _ place: Place) async throws {
        guard end < reader.count else { return }
        report("\(reader.count - end) bytes follow the end of the file's content", place)
        let verdict = try await pickles.scan(reader, from: end)
        report(verdict.faults, place)
        if !verdict.isPickle { try await tail(reader, place) }
    }

    /// A safetensors length word can read as the start of something else.
    private mutating func disguise(_ reader: any ByteReader, _ head: [UInt8], _ place: Place) async throws {
        if head.has(Array("#!".utf8)) { report("the file is a safetensors file and a script at once", place) }
        if head.has(Array("MZ".utf8)) {
            let start = head.littleEndian(0x3C, 4).clampedInt
            if start <= reader.count - 4, try await reader.read(start..<start + 4).has([0x50, 0x45, 0, 0]) {
                report("the file is a safetensors file and a Windows program at once", place)
            }
        }
        if head.prefix(1024).containsSequence(Array("%PDF-".utf8)) {
            report("the file is a safetensors file and a PDF document at once", place)
        }
    }

    /// Zip readers look at the end of a file only.
    private mutating func hiddenZip(_ reader: any ByteReader, _ place: Place) async throws {
        guard place.depth == 0 else { return }
        let start = max(0, reader.count - ZipArchive.tailSize)
        let tail = try await reader.read(start..<reader.count)
        guard let record = ZipArchive.endRecord(in: tail) else { return }
        let directory = start + record - tail.littleEndian(record + 12, 4).clampedInt
        let isWide = record >= 20 && tail.littleEndian(record - 20, 4) == 0x0706_4B50
        guard directory >= 0, directory < start + record else { return }
        let signature = try await reader.read(directory..<directory + 4)
        guard isWide || signature.has([0x50, 0x4B, 1, 2]) else { return }
        report("a zip archive is hidden behind the file's content", place)
    }
}

// MARK: - Archives

extension SecurityScan {
    private mutating func zip(_ reader: any ByteReader, _ place: Place) async throws {
        let archive = try await ZipArchive(reader)
        report(archive.faults, place)
        for entry in archive.entries {
            let member = place.member(entry.name)
            if FileName.escapes(entry.name) { report("the name leads out of the archive", member) }
            if entry.isEncrypted { report("the entry is encrypted and cannot be scanned", member) }
            let data = ByteStretch(of: reader, entry.data)
            switch entry.method {
            case 0: try await inspect(data, member)
            case 8:
                try await packed(member) { limit in
                    var inflate = Inflate(try await Self.input(data, for: limit), limit: limit)
                    let ending = try inflate.run()
                    return (inflate.output, ending == .finished)
                }
            default: report("the entry is packed by method \(entry.method) and cannot be scanned", member)
            }
        }
    }

    private mutating func tar(_ reader: any ByteReader, _ place: Place) async throws {
        var offset = 0
        var count = 0
        while offset + TarHeader.blockSize <= reader.count {
            let block = try await reader.read(offset..<offset + TarHeader.blockSize)
            guard block.contains(where: { $0 != 0 }) else { break }
            count += 1
            let start = offset + TarHeader.blockSize
            guard let header = TarHeader(block), count <= ZipArchive.maximumEntries,
                header.isFile || header.isNote || header.isEmpty,
                header.isEmpty || header.size <= reader.count - start
            else {
                return report("the tar archive is damaged or too large at byte \(offset) and cannot be scanned", place)
            }
            let member = place.member(header.name)
            if FileName.escapes(header.name) { report("the name leads out of the archive", member) }
            if header.isFile { try await inspect(ByteStretch(of: reader, start..<start + header.size), member) }
            let blocks = header.isEmpty ? 0 : (header.size + TarHeader.blockSize - 1) / TarHeader.blockSize
            offset = start + blocks * TarHeader.blockSize
        }
        try await tail(reader, place)
    }

    private mutating func gzip(_ reader: any ByteReader, _ place: Place) async throws {
        try await packed(place.member(FileName.unpacked(place.name))) { limit in
            try Gzip.unpack(try await Self.input(reader, for: limit), limit: limit)
        }
    }

    /// Two bytes are little evidence: what does not unpack is taken for something else.
    private mutating func zlib(_ reader: any ByteReader, _ place: Place) async throws {
        let start = try await Self.input(reader, for: 1 << 12)
        do {
            _ = try Gzip.unpackZlib(start, limit: 1 << 12)
        } catch {
            return try await loose(reader, isText: false, place)
        }
        try await packed(place.member(FileName.unpacked(place.name))) { limit in
            try Gzip.unpackZlib(try await Self.input(reader, for: limit), limit: limit)
        }
    }

    /// As much of packed bytes as `limit` unpacked ones can need.
    private static func input(_ reader: any ByteReader, for limit: Int) async throws -> [UInt8] {
        try await reader.read(0..<min(reader.count, limit + limit / 8 + 1024))
    }

    /// Inspects a packed member: its head, and all of it only if the head asks for it.
    private mutating func packed(
        _ place: Place,
        _ unpack: (_ limit: Int) async throws -> (bytes: [UInt8], isWhole: Bool)
    ) async throws {
        do {
            let head = try await unpack(1 << 16)
            if head.isWhole { return try await inspect(BufferReader(head.bytes), place) }
            guard try await needsWhole(head.bytes, place) else { return }
            let limit = min(limits.unpackedMember, unpackedLeft)
            let whole = try await unpack(limit)
            unpackedLeft -= whole.bytes.count
            guard whole.isWhole else { return report("the entry is too large to be unpacked and scanned", place) }
            try await inspect(BufferReader(whole.bytes), place)
        } catch is Inflate.Corrupt {
            report("the entry cannot be unpacked, so it cannot be scanned", place)
        }
    }

    private mutating func needsWhole(_ head: [UInt8], _ place: Place) async throws -> Bool {
        switch ContentKind(head: Array(head.prefix(ContentKind.headSize)), count: .max) {
        case .safetensors, .gguf, .script: false
        case .numpy: Self.mayHoldObjects(Array(head.prefix(4096)))
        case .text, .other:
            try await {
                let verdict = try await pickles.scan(
                    BufferReader(head), isExpected: FileName.promisesPickle(place.name))
                return verdict.isPickle || verdict.isCutShort || head.count < ContentKind.headSize
            }()
        default: true
        }
    }
}
