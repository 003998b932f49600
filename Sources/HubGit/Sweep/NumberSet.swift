/// A set of numbers of objects, one bit each.
struct NumberSet {
    private var words: [UInt64] = []

    func contains(_ number: Int64) -> Bool {
        let word = Int(number >> 6)
        return word < words.count && words[word] & 1 << UInt64(number & 63) != 0
    }

    /// Adds a number; false if it was there.
    @discardableResult
    mutating func insert(_ number: Int64) -> Bool {
        let (word, bit): (Int, UInt64) = (Int(number >> 6), 1 << UInt64(number & 63))
        if word >= words.count {
            words.append(contentsOf: repeatElement(0, count: max(word + 1, words.count * 2) - words.count))
        }
        defer { words[word] |= bit }
        return words[word] & bit == 0
    }
}
