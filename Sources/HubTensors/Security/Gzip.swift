/// Unpacks gzip files (RFC 1952) and zlib streams (RFC 1950) up to a limit.
///
/// Checksums are not compared: a scan wants to see what a careless loader would see.
package enum Gzip {
    /// Unpacks all members of a gzip file; `isWhole` tells whether that is everything.
    package static func unpack(_ input: [UInt8], limit: Int) throws(Inflate.Corrupt) -> (bytes: [UInt8], isWhole: Bool)
    {
        var bytes: [UInt8] = []
        var place = 0
        repeat {
            guard let start = dataStart(input, place) else { return (bytes, false) }
            var inflate = Inflate(input, from: start, limit: limit - bytes.count)
            let ending = try inflate.run()
            bytes.append(contentsOf: inflate.output)
            guard ending == .finished else { return (bytes, false) }
            place = inflate.consumed + 8
        } while input.has([0x1F, 0x8B, 8], at: place)
        return (bytes, true)
    }

    static func unpackZlib(_ input: [UInt8], limit: Int) throws(Inflate.Corrupt) -> (bytes: [UInt8], isWhole: Bool) {
        var inflate = Inflate(input, from: 2, limit: limit)
        let ending = try inflate.run()
        return (inflate.output, ending == .finished)
    }

    /// Where the deflated bytes of the member at `place` start; nil if its header does not end.
    private static func dataStart(_ input: [UInt8], _ place: Int) -> Int? {
        guard place + 10 <= input.count else { return nil }
        let flags = input[place + 3]
        var start = place + 10
        if flags & 4 != 0 { start += 2 + input.littleEndian(start, 2).clampedInt }
        for flag in [UInt8(8), 16] where flags & flag != 0 {
            guard start <= input.count, let end = input[start...].firstIndex(of: 0) else { return nil }
            start = end + 1
        }
        if flags & 2 != 0 { start += 2 }
        return start <= input.count ? start : nil
    }
}
