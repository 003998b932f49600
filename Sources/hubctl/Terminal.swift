import Foundation
import Glibc
import HubCore

/// What hubctl says, and how.
enum Terminal {
    /// Whether someone watches standard error.
    static let isWatched = isatty(2) == 1

    /// Whether someone reads standard output as it comes; else it goes to a file or a program.
    static let isShownOutput = isatty(1) == 1

    static func complain(_ sentence: String) {
        FileHandle.standardError.write(Data((sentence.safeForTerminal + "\n").utf8))
    }

    /// A line that the next one replaces; nothing when nobody watches.
    static func show(progress line: String) {
        guard isWatched else { return }
        FileHandle.standardError.write(Data("\r\u{1B}[K\(line)".utf8))
    }

    static func endProgress() {
        guard isWatched else { return }
        FileHandle.standardError.write(Data("\r\u{1B}[K".utf8))
    }

    /// Prints a value as JSON with sorted keys.
    static func print(json value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
        encoder.dateEncodingStrategy = .iso8601
        Swift.print(String(decoding: try encoder.encode(value), as: UTF8.self).spelledOutInJSON)
    }

    /// `1 file`, `2 files`.
    static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }

    /// `1.5 MiB`.
    static func size(_ bytes: Int) -> String {
        let units = ["B", "KiB", "MiB", "GiB", "TiB"]
        var value = Double(bytes)
        var unit = 0
        while value >= 1024, unit < units.count - 1 {
            value /= 1024
            unit += 1
        }
        return unit == 0 ? "\(bytes) B" : String(format: "%.1f %@", value, units[unit])
    }
}

/// Prints what may hold text of others: nothing in it can command the terminal.
func print(_ text: some CustomStringConvertible) { Swift.print(text.description.safeForTerminal) }
