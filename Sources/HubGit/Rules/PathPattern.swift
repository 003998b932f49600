/// One pattern of `.gitattributes` or `.gitignore` (gitignore(5), "PATTERN FORMAT").
///
/// Matching takes time in proportion to pattern and path, whatever they are.
struct PathPattern: Sendable {
    private enum Token: Sendable {
        case byte(UInt8)
        /// Any byte but a slash.
        case any
        /// One of 256 bytes, never a slash.
        case set([Bool])
        /// Any bytes but slashes.
        case star
        /// What stands before directories that may be there or not: goes on behind them without any.
        case directories
        /// The names and slashes of such directories.
        case insideDirectories
        /// Any bytes.
        case everything
    }

    /// How a pattern without wildcards is compared; nearly all are of these kinds.
    private enum Shape {
        case literal([UInt8])
        /// `*` and something plain.
        case suffix([UInt8])
        case tokens([Token])
    }

    private let shape: Shape

    /// Whether only the last part of a path counts: the pattern has no slash but a final one.
    private let comparesName: Bool

    /// Whether the pattern ends with a slash.
    let matchesDirectoriesOnly: Bool

    /// Reads a pattern; nil for one that can match nothing.
    init?(_ text: some Collection<UInt8>) {
        var bytes = Array(text)
        matchesDirectoriesOnly = bytes.last == Self.slash
        if matchesDirectoriesOnly { bytes.removeLast() }
        comparesName = !bytes.contains(Self.slash)
        if bytes.first == Self.slash { bytes.removeFirst() }
        guard !bytes.isEmpty, bytes.count <= GitRepository.pathLimit else { return nil }
        let special = Set("*?[\\".utf8)
        if !bytes.contains(where: special.contains) {
            shape = .literal(bytes)
        } else if bytes.first == UInt8(ascii: "*"), comparesName, !bytes.dropFirst().contains(where: special.contains) {
            shape = .suffix(Array(bytes.dropFirst()))
        } else {
            guard let tokens = Self.tokens(of: bytes) else { return nil }
            shape = .tokens(tokens)
        }
    }

    /// Whether the pattern fits a path that is relative to the folder its file stands in.
    ///
    /// - Parameter effort: Is lowered by what the comparison took.
    func matches(_ path: ArraySlice<UInt8>, effort: inout Int) -> Bool {
        let name = path.lastIndex(of: Self.slash).map { path[($0 + 1)...] } ?? path
        let text = comparesName ? name : path
        switch shape {
        case .literal(let bytes): return text.elementsEqual(bytes)
        case .suffix(let bytes): return text.count >= bytes.count && text.suffix(bytes.count).elementsEqual(bytes)
        case .tokens(let tokens): return Self.matches(tokens, text, &effort)
        }
    }

    private static let slash = UInt8(ascii: "/")

    // MARK: Reading

    private static func tokens(of bytes: [UInt8]) -> [Token]? {
        var tokens: [Token] = []
        var place = 0
        while place < bytes.count {
            let byte = bytes[place]
            switch byte {
            case UInt8(ascii: "?"): tokens.append(.any)
            case UInt8(ascii: "\\"):
                place += 1
                guard place < bytes.count else { return nil }
                tokens.append(.byte(bytes[place]))
            case UInt8(ascii: "["):
                guard let (set, end) = CharacterSet.parse(bytes, from: place) else { return nil }
                tokens.append(.set(set))
                place = end
            case UInt8(ascii: "*"): tokens += stars(bytes, &place)
            default: tokens.append(.byte(byte))
            }
            place += 1
        }
        return tokens
    }

    /// Reads a run of stars and leaves `place` on the last byte that belongs to it.
    private static func stars(_ bytes: [UInt8], _ place: inout Int) -> [Token] {
        let start = place
        while place + 1 < bytes.count, bytes[place + 1] == UInt8(ascii: "*") { place += 1 }
        let standsAlone = place - start == 1 && (start == 0 || bytes[start - 1] == slash)
        guard standsAlone else { return [.star] }
        if place + 1 == bytes.count { return [.everything] }
        guard bytes[place + 1] == slash else { return [.star] }
        place += 1
        return [.directories, .insideDirectories]
    }

    // MARK: Matching

    private static func matches(_ tokens: [Token], _ text: ArraySlice<UInt8>, _ effort: inout Int) -> Bool {
        var places: [Int] = []
        var next: [Int] = []
        // By place, the number of the byte it was last reached at, so that no place is held twice.
        var seen = [Int](repeating: -1, count: tokens.count + 1)
        func add(_ place: Int, at step: Int, to list: inout [Int]) {
            guard seen[place] != step else { return }
            seen[place] = step
            list.append(place)
            guard place < tokens.count else { return }
            switch tokens[place] {
            case .star, .everything: add(place + 1, at: step, to: &list)
            case .directories:
                add(place + 1, at: step, to: &list)
                add(place + 2, at: step, to: &list)
            default: break
            }
        }
        add(0, at: 0, to: &places)
        for (step, byte) in text.enumerated() {
            effort -= places.count + 1
            for place in places where place < tokens.count {
                switch tokens[place] {
                case .byte(let wanted): if byte == wanted { add(place + 1, at: step + 1, to: &next) }
                case .any: if byte != slash { add(place + 1, at: step + 1, to: &next) }
                case .set(let set): if set[Int(byte)] { add(place + 1, at: step + 1, to: &next) }
                case .star: if byte != slash { add(place, at: step + 1, to: &next) }
                case .directories: break
                case .insideDirectories:
                    if byte == slash { add(place + 1, at: step + 1, to: &next) }
                    // Not by way of `add` for what follows: inside a name nothing begins.
                    add(place, at: step + 1, to: &next)
                case .everything: add(place, at: step + 1, to: &next)
                }
            }
            guard !next.isEmpty else { return false }
            (places, next) = (next, [])
        }
        return places.contains(tokens.count)
    }
}

/// A set of bytes between brackets.
private enum CharacterSet {
    /// Reads a set whose `[` stands at `start`; nil if it does not end.
    static func parse(_ bytes: [UInt8], from start: Int) -> (set: [Bool], end: Int)? {
        var set = [Bool](repeating: false, count: 256)
        var place = start + 1
        let isNegated = place < bytes.count && (bytes[place] == UInt8(ascii: "!") || bytes[place] == UInt8(ascii: "^"))
        if isNegated { place += 1 }
        let first = place
        while place < bytes.count, place == first || bytes[place] != UInt8(ascii: "]") {
            if let (name, end) = className(bytes, at: place) {
                guard let members = classes[name] else { return nil }
                for byte in 0..<256 where members(UInt8(byte)) { set[byte] = true }
                place = end + 1
                continue
            }
            guard let low = member(bytes, &place) else { return nil }
            var high = low
            if place + 1 < bytes.count, bytes[place] == UInt8(ascii: "-"), bytes[place + 1] != UInt8(ascii: "]") {
                place += 1
                guard let end = member(bytes, &place) else { return nil }
                high = end
            }
            if low <= high { for byte in low...high { set[Int(byte)] = true } }
        }
        guard place < bytes.count else { return nil }
        if isNegated { set = set.map { !$0 } }
        set[Int(UInt8(ascii: "/"))] = false
        return (set, place)
    }

    private static func member(_ bytes: [UInt8], _ place: inout Int) -> UInt8? {
        if bytes[place] == UInt8(ascii: "\\") { place += 1 }
        guard place < bytes.count else { return nil }
        defer { place += 1 }
        return bytes[place]
    }

    /// The `name` of `[:name:]` at `place`, and where it ends.
    private static func className(_ bytes: [UInt8], at place: Int) -> (name: String, end: Int)? {
        guard bytes[place...].starts(with: "[:".utf8),
            let end = bytes[(place + 2)...].firstIndex(of: UInt8(ascii: "]")), bytes[end - 1] == UInt8(ascii: ":"),
            end - 1 >= place + 2
        else { return nil }
        return (String(decoding: bytes[(place + 2)..<(end - 1)], as: UTF8.self), end)
    }

    private static let classes: [String: @Sendable (UInt8) -> Bool] = [
        "alnum": { isLetter($0) || isDigit($0) },
        "alpha": { isLetter($0) },
        "blank": { $0 == 0x20 || $0 == 0x09 },
        "cntrl": { $0 < 0x20 || $0 == 0x7F },
        "digit": { isDigit($0) },
        "graph": { $0 > 0x20 && $0 < 0x7F },
        "lower": { isLetter($0) && $0 & 0x20 != 0 },
        "print": { $0 >= 0x20 && $0 < 0x7F },
        "punct": { $0 > 0x20 && $0 < 0x7F && !isLetter($0) && !isDigit($0) },
        "space": { $0 == 0x20 || (0x09...0x0D).contains($0) },
        "upper": { isLetter($0) && $0 & 0x20 == 0 },
        "xdigit": { isDigit($0) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0 | 0x20) },
    ]

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
