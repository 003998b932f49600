import HubCore

/// Runs the opcodes of one pickle without doing what they say, and notes what they would import and call.
///
/// The stack and the memo hold only what decides which names are imported: texts, names and marks. The
/// opcodes are those of protocols 0 to 5 (Python's `pickletools`). A fault of the stream ends the run as it
/// would end Python's, so that what is noted is exactly what Python would have done before the fault.
struct PickleMachine {
    /// What a scan may cost.
    struct Limits {
        var operations = 20_000_000
        var stack = 1 << 20
        var memo = 1 << 20
    }

    enum Value {
        case mark
        /// Numbers, containers: nothing that can be called.
        case data
        /// The result of a call, or something the loader looks up.
        case object
        case text(String)
        case global(PickleGlobal)
    }

    enum Step {
        case next
        case stop
        case skipLine
    }

    /// The names imported, in order, each once.
    private(set) var imports: [PickleGlobal] = []

    /// What else would be done that building data never needs, as ends of the sentence "The pickle …".
    private(set) var violations: [String] = []

    /// Whether something was called before the end.
    private(set) var hasCalled = false

    /// Whether the stream says of itself that it is a pickle.
    private(set) var isDeclared = false

    private(set) var operations = 0

    private var seen: Set<PickleGlobal> = []
    private var stack: [Value] = []
    private var memo: [Int: Value] = [:]
    private let limits: Limits

    /// The longest text that may take part in naming a global.
    static let longestName = 256

    /// The bytes that must be at hand for `step`: an opcode and two names.
    static let lookahead = 2 * (longestName + 8)

    init(limits: Limits, startsWithMark: Bool = false) {
        self.limits = limits
        if startsWithMark { stack.append(.mark) }
    }

    /// Runs one opcode; `window` must hold `lookahead` bytes or all up to the end.
    mutating func step(_ window: inout ByteWindow) throws(PickleFault) -> Step {
        operations += 1
        guard operations <= limits.operations else { throw PickleFault("holds too many operations to be scanned") }
        guard let byte = window.next() else { throw PickleFault("ends before its STOP") }
        guard let opcode = PickleOpcode(rawValue: byte) else {
            throw PickleFault("holds the unknown opcode \(byte) at byte \(window.position - 1)")
        }
        return try run(opcode, &window)
    }

    private mutating func run(_ opcode: PickleOpcode, _ window: inout ByteWindow) throws(PickleFault) -> Step {
        switch opcode {
        case .stop:
            _ = try pop()
            return .stop
        case .proto:
            guard operations == 1, let version = window.next(), version <= 5 else {
                throw PickleFault("has a wrong protocol number")
            }
            isDeclared = version >= 2
        case .frame: try frame(&window)
        case .none, .newTrue, .newFalse, .emptyTuple, .emptyList, .emptyDict, .emptySet, .nextBuffer: try push(.data)
        case .binInt1: try number(1, &window)
        case .binInt2: try number(2, &window)
        case .binInt: try number(4, &window)
        case .binFloat: try number(8, &window)
        case .long1, .shortBinBytes: try skip(1, &window)
        case .long4, .binBytes: try skip(4, &window)
        case .binBytes8, .byteArray8: try skip(8, &window)
        case .shortBinString, .shortBinUnicode: try text(1, &window)
        case .binString, .binUnicode: try text(4, &window)
        case .binUnicode8: try text(8, &window)
        case .int, .long, .float: return try numberLine(&window)
        case .string, .unicode: return try textLine(quoted: opcode == .string, &window)
        default: return try act(opcode, &window)
        }
        return .next
    }

    private mutating func act(_ opcode: PickleOpcode, _ window: inout ByteWindow) throws(PickleFault) -> Step {
        switch opcode {
        case .mark: try push(.mark)
        case .pop: guard stack.popLast() != nil else { throw PickleFault("takes from an empty stack") }
        case .popMark: try popToMark()
        case .dup: try push(top())
        case .tuple, .list, .dict, .frozenSet:
            try popToMark()
            try push(.data)
        case .tuple1: try replace(1, by: .data)
        case .tuple2: try replace(2, by: .data)
        case .tuple3: try replace(3, by: .data)
        case .append: try change(taking: 1)
        case .setItem: try change(taking: 2)
        case .appends, .setItems, .addItems:
            try popToMark()
            try change(taking: 0)
        case .build: try change(taking: 1)
        case .readonlyBuffer: _ = try top()
        case .put, .binPut, .longBinPut, .memoize: try memoize(opcode, &window)
        case .get, .binGet, .longBinGet: try recall(opcode, &window)
        case .persID:
            try push(.object)
            return window.line() == nil ? .skipLine : .next
        case .binPersID: try replace(1, by: .object)
        case .ext1, .ext2, .ext4: try extend(opcode, &window)
        default: try importOrCall(opcode, &window)
        }
        return .next
    }

    private mutating func importOrCall(_ opcode: PickleOpcode, _ window: inout ByteWindow) throws(PickleFault) {
        switch opcode {
        case .global: try push(.global(name(&window)))
        case .stackGlobal:
            let name = try pop()
            let module = try pop()
            guard case .text(let name) = name, case .text(let module) = module else {
                note("imports a name that only shows when it is loaded")
                return try push(.object)
            }
            try push(.global(note(PickleGlobal(module, name))))
        case .inst:
            let global = try name(&window)
            try popToMark()
            try call(.global(global))
        case .obj:
            guard let mark = stack.lastIndex(where: \.isMark), mark + 1 < stack.count else {
                throw PickleFault("calls without a callee")
            }
            let callee = stack[mark + 1]
            stack.removeSubrange(mark...)
            try call(callee)
        case .newObjEx:
            _ = try pop()
            fallthrough
        default:  // reduce, newObj
            _ = try pop()
            try call(pop())
        }
    }
}

// MARK: - Imports and calls

extension PickleMachine {
    /// Reads the two lines of GLOBAL and INST.
    private mutating func name(_ window: inout ByteWindow) throws(PickleFault) -> PickleGlobal {
        guard let module = window.line(), module.count <= Self.longestName,
            let name = window.line(), name.count <= Self.longestName
        else { throw PickleFault("imports a name that does not end") }
        return note(PickleGlobal(String(decoding: module, as: UTF8.self), String(decoding: name, as: UTF8.self)))
    }

    private mutating func note(_ global: PickleGlobal) -> PickleGlobal {
        // A stream of a million different imports is refused for the first few just as well.
        if imports.count < 64, seen.insert(global).inserted { imports.append(global) }
        return global
    }

    private mutating func note(_ violation: String) {
        if violations.count < 16, !violations.contains(violation) { violations.append(violation) }
    }

    private mutating func call(_ callee: Value) throws(PickleFault) {
        switch callee {
        case .global: hasCalled = true
        case .object:
            hasCalled = true
            note("calls the result of another call")
        case .mark, .data, .text: throw PickleFault("calls something that cannot be called")
        }
        try push(.object)
    }

    /// BUILD, APPEND, SETITEM and the like: they call methods of what lies below the operands.
    private mutating func change(taking count: Int) throws(PickleFault) {
        for _ in 0..<count { _ = try pop() }
        guard case .global(let global) = try top() else { return }
        hasCalled = true
        note("changes \(global) itself")
    }

    private mutating func extend(_ opcode: PickleOpcode, _ window: inout ByteWindow) throws(PickleFault) {
        guard window.number(opcode == .ext1 ? 1 : opcode == .ext2 ? 2 : 4) != nil else { throw .cut }
        note("imports by a number from the extension registry")
        try push(.object)
    }
}

// MARK: - Stack and memo

extension PickleMachine {
    private mutating func push(_ value: Value) throws(PickleFault) {
        guard stack.count < limits.stack else { throw PickleFault("needs too large a stack to be scanned") }
        stack.append(value)
    }

    private mutating func pop() throws(PickleFault) -> Value {
        guard let value = stack.last, !value.isMark else { throw PickleFault("takes from an empty stack") }
        stack.removeLast()
        return value
    }

    private func top() throws(PickleFault) -> Value {
        guard let value = stack.last, !value.isMark else { throw PickleFault("takes from an empty stack") }
        return value
    }

    private mutating func popToMark() throws(PickleFault) {
        guard let mark = stack.lastIndex(where: \.isMark) else { throw PickleFault("misses a mark") }
        stack.removeSubrange(mark...)
    }

    private mutating func replace(_ count: Int, by value: Value) throws(PickleFault) {
        for _ in 0..<count { _ = try pop() }
        try push(value)
    }

    private mutating func memoize(_ opcode: PickleOpcode, _ window: inout ByteWindow) throws(PickleFault) {
        let index = opcode == .memoize ? memo.count : try place(opcode, &window)
        guard memo.count < limits.memo else { throw PickleFault("needs too large a memo to be scanned") }
        memo[index] = try top()
    }

    private mutating func recall(_ opcode: PickleOpcode, _ window: inout ByteWindow) throws(PickleFault) {
        guard let value = memo[try place(opcode, &window)] else { throw PickleFault("recalls what it never kept") }
        try push(value)
    }

    private func place(_ opcode: PickleOpcode, _ window: inout ByteWindow) throws(PickleFault) -> Int {
        switch opcode {
        case .put, .get:
            guard let line = window.line(), let index = Int(String(decoding: line, as: UTF8.self)), index >= 0 else {
                throw PickleFault("has a memo index that is no number")
            }
            return index
        default:
            guard let index = window.number(opcode == .binPut || opcode == .binGet ? 1 : 4) else { throw .cut }
            return Int(index)
        }
    }
}

// MARK: - Operands

extension PickleMachine {
    private mutating func number(_ width: Int, _ window: inout ByteWindow) throws(PickleFault) {
        guard window.number(width) != nil else { throw .cut }
        try push(.data)
    }

    private func frame(_ window: inout ByteWindow) throws(PickleFault) {
        guard let length = window.number(8), length <= UInt64(window.end - window.position) else { throw .cut }
    }

    private mutating func skip(_ width: Int, _ window: inout ByteWindow) throws(PickleFault) {
        guard let length = window.number(width), window.skip(length) else { throw .cut }
        try push(.data)
    }

    private mutating func text(_ width: Int, _ window: inout ByteWindow) throws(PickleFault) {
        guard let length = window.number(width) else { throw .cut }
        if length <= Self.longestName {
            guard let bytes = window.take(Int(length)) else { throw .cut }
            try push(.text(String(decoding: bytes, as: UTF8.self)))
        } else {
            guard window.skip(length) else { throw .cut }
            try push(.data)
        }
    }

    private mutating func numberLine(_ window: inout ByteWindow) throws(PickleFault) -> Step {
        try push(.data)
        guard let line = window.line() else { return .skipLine }
        let isNumber = line.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "e"), UInt8(ascii: "E"), UInt8(ascii: "L"), UInt8(ascii: "i"), UInt8(ascii: "n"),
                UInt8(ascii: "f"), UInt8(ascii: "a"):
                true
            default: false
            }
        }
        guard isNumber, !line.isEmpty else { throw PickleFault("has a number that is none") }
        return .next
    }

    private mutating func textLine(quoted: Bool, _ window: inout ByteWindow) throws(PickleFault) -> Step {
        guard let line = window.line() else {
            try push(.data)
            return .skipLine
        }
        guard quoted else {
            try push(line.count <= Self.longestName ? .text(String(decoding: line, as: UTF8.self)) : .data)
            return .next
        }
        guard line.count >= 2, line.first == line.last, line.first == 0x27 || line.first == 0x22 else {
            throw PickleFault("has a string without quotes")
        }
        let inner = line.dropFirst().dropLast()
        // An escape could spell any name: such a text must not take part in naming a global.
        let isPlain = inner.count <= Self.longestName && !inner.contains(0x5C)
        try push(isPlain ? .text(String(decoding: inner, as: UTF8.self)) : .data)
        return .next
    }
}

extension PickleMachine.Value {
    var isMark: Bool { if case .mark = self { true } else { false } }
}

/// What is wrong with a pickle, as the end of the sentence "The pickle …".
struct PickleFault: Error {
    let sentence: String

    init(_ sentence: String) { self.sentence = sentence }

    static let cut = PickleFault("is cut short")
}
