import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// Makes answers of the kinds the hub gives.
enum Answer {
    /// A JSON document with sorted keys.
    static func json(_ body: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return bytes(Array(try encoder.encode(body)), type: "application/json; charset=utf-8", status: status)
    }

    /// A JSON document whose list `key`, empty in `body`, is filled while it is sent.
    ///
    /// For lists that are too long to be held whole. Throws if `body` has no such list.
    static func json<Item: Encodable & Sendable>(
        _ body: some Encodable,
        filling key: String,
        with pages: some AsyncSequence<[Item], any Error> & Sendable
    ) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let frame = Array(try encoder.encode(body))
        // Inside of texts every quote has a backslash before it, so this is the list itself.
        guard let place = frame.firstRange(of: Array("\"\(key)\":[]".utf8))?.upperBound else {
            let description = "the body has no empty list '\(key)'"
            throw EncodingError.invalidValue(body, .init(codingPath: [], debugDescription: description))
        }
        let (head, tail) = (frame[..<(place - 1)], frame[(place - 1)...])
        let stream = ResponseBody { writer in
            try await writer.write(ByteBuffer(bytes: head))
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            var isFirst = true
            for try await page in pages {
                for item in page {
                    var buffer = ByteBuffer(string: isFirst ? "" : ",")
                    buffer.writeBytes(try encoder.encode(item))
                    isFirst = false
                    try await writer.write(buffer)
                }
            }
            try await writer.write(ByteBuffer(bytes: tail))
            try await writer.finish(nil)
        }
        return Response(
            status: .ok, headers: [.contentType: "application/json; charset=utf-8", .cacheControl: "no-cache"],
            body: stream)
    }

    static func bytes(_ bytes: [UInt8], type: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: type, .cacheControl: "no-cache"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    static func empty(_ status: HTTPResponse.Status = .ok) -> Response { Response(status: status) }
}

/// `YYYY-MM-DDTHH:MM:SS.000Z`, the only form of a time the official clients read.
func timestamp(_ unixSeconds: Int64) -> String {
    // Years before 1970 and after 9999 are nobody's; a general formatter costs more than the rest of an answer.
    let seconds = min(max(unixSeconds, 0), 253_402_300_799)
    let (year, month, day) = civilDate(daysSince1970: seconds / 86_400)
    let rest = seconds % 86_400
    return "\(digits(year, 4))-\(digits(month, 2))-\(digits(day, 2))T"
        + "\(digits(rest / 3600, 2)):\(digits(rest / 60 % 60, 2)):\(digits(rest % 60, 2)).000Z"
}

private func digits(_ number: Int64, _ count: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
}

/// The Gregorian date of a day, reckoned in eras of 400 years that begin with March.
private func civilDate(daysSince1970 days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let shifted = days + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
}
