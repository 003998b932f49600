package import HubCore

/// Reads pickles as Python would, without running them, and says what they would run.
///
/// Only names on a list of harmless ones may be imported (``PickleGlobal/isAllowed``): everything else, and
/// every stream that cannot be followed to its end, is a fault.
package struct PickleScanner {
    /// What a scan found.
    package struct Verdict: Sendable {
        /// Whether the bytes are a pickle, as opposed to something else that a pickle reader would trip over.
        package var isPickle: Bool

        /// What is wrong, as sentences without their end; empty if nothing is, or if it is no pickle.
        package var faults: [String]

        /// Where the last stream ended.
        package var end: Int

        /// Whether the bytes say they are a pickle and then end: more bytes could make it one.
        package var isCutShort: Bool
    }

    private var operations = 0
    private let limits: PickleMachine.Limits

    /// Files written by old versions of torch hold five streams, then raw weights.
    private static let maximumStreams = 64

    package init(operations: Int = 20_000_000) {
        limits = PickleMachine.Limits(operations: operations)
    }

    /// Scans the streams that start at `start` and follow each other.
    ///
    /// With `isExpected`, whatever cannot be read as a pickle is a fault. Without it, only what a loader would
    /// really have begun to run is: prose and weights may start like a pickle by chance.
    package mutating func scan(
        _ reader: any ByteReader,
        from start: Int = 0,
        isExpected: Bool = false
    ) async throws -> Verdict {
        var verdict = try await stream(reader, from: start, isExpected: isExpected).verdict
        var count = 1
        while verdict.isPickle, verdict.end < reader.count, !verdict.isCutShort {
            guard count < Self.maximumStreams else {
                verdict.faults.append("the file holds more than \(Self.maximumStreams) pickles, too many to be scanned")
                break
            }
            let next = try await stream(reader, from: verdict.end, isExpected: false)
            guard next.verdict.isPickle else { break }
            for fault in next.verdict.faults where !verdict.faults.contains(fault) { verdict.faults.append(fault) }
            verdict.end = next.verdict.end
            guard next.stopped else { break }
            count += 1
        }
        return verdict
    }

    /// Looks for a pickle that ends where the file ends, in its last 64 KiB.
    package mutating func scanTail(_ reader: any ByteReader) async throws -> [String] {
        let start = max(0, reader.count - 1 << 16)
        let tail = BufferReader(try await reader.read(start..<reader.count))
        guard tail.bytes.last == PickleOpcode.stop.rawValue else { return [] }
        for place in tail.bytes.indices {
            guard let startsWithMark = Self.mayStart(tail.bytes, at: place) else { continue }
            let result = try await stream(tail, from: place, isExpected: false, startsWithMark: startsWithMark)
            if result.stopped, result.verdict.end == tail.count, !result.verdict.faults.isEmpty {
                return result.verdict.faults.map { "a pickle is appended to the file; \($0)" }
            }
        }
        return []
    }

    /// Whether a harmful pickle could start at `place`: a protocol header, or an import by two lines.
    ///
    /// True when an import needs a mark before it.
    private static func mayStart(_ bytes: [UInt8], at place: Int) -> Bool? {
        switch PickleOpcode(rawValue: bytes[place]) {
        case .proto: return place + 1 < bytes.count && (2...5).contains(bytes[place + 1]) ? false : nil
        case .global, .inst:
            let lines = bytes[(place + 1)...].prefix(2 * PickleMachine.longestName)
                .split(separator: 0x0A, maxSplits: 2, omittingEmptySubsequences: false)
            guard lines.count == 3 else { return nil }
            let names = lines.prefix(2).map { String(decoding: $0, as: UTF8.self) }
            guard PickleGlobal(names[0], names[1]).isPlausible else { return nil }
            return bytes[place] == PickleOpcode.inst.rawValue
        default: return nil
        }
    }
}

extension PickleScanner {
    private mutating func stream(
        _ reader: any ByteReader,
        from start: Int,
        isExpected: Bool,
        startsWithMark: Bool = false
    ) async throws -> (verdict: Verdict, stopped: Bool) {
        var left = limits
        left.operations = max(1, limits.operations - operations)
        var machine = PickleMachine(limits: left, startsWithMark: startsWithMark)
        var window = ByteWindow(reader, from: start)
        let fault = try await run(&machine, &window)
        operations += machine.operations
        let isPickle = isExpected || Self.isConvincing(machine, fault)
        let verdict = Verdict(
            isPickle: isPickle,
            faults: isPickle ? Self.faults(machine, fault) : [],
            end: window.position,
            isCutShort: machine.isDeclared && fault != nil && window.isAtEnd
        )
        return (verdict, fault == nil)
    }

    private func run(_ machine: inout PickleMachine, _ window: inout ByteWindow) async throws -> PickleFault? {
        do {
            while true {
                if window.available < PickleMachine.lookahead { try await window.fill(PickleMachine.lookahead) }
                switch try machine.step(&window) {
                case .next: continue
                case .stop: return nil
                case .skipLine: guard try await window.skipLine() else { throw PickleFault.cut }
                }
            }
        } catch let fault as PickleFault {
            return fault
        }
    }

    /// Whether Python would have got far enough for it to matter.
    private static func isConvincing(_ machine: PickleMachine, _ fault: PickleFault?) -> Bool {
        let imports = machine.imports.filter { !$0.isAllowed }
        if machine.isDeclared {
            return fault == nil || machine.hasCalled || machine.operations > 16
                || imports.contains(where: \.isPlausible)
        }
        guard fault == nil || machine.hasCalled else { return false }
        return imports.isEmpty ? fault == nil || !machine.violations.isEmpty : imports.contains(where: \.isPlausible)
    }

    private static func faults(_ machine: PickleMachine, _ fault: PickleFault?) -> [String] {
        machine.imports.filter { !$0.isAllowed }.map { global in
            let name = Array(global.description.utf8).printable
            return "the pickle imports \(name), which is not among the names known to build data only"
        } + machine.violations.map { "the pickle \($0)" }
            + [fault].compactMap { $0 }.map { "the pickle \($0.sentence)" }
    }
}
