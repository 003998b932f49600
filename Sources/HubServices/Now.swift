import Foundation

/// Where services learn what time it is; tests hand in their own.
package struct Now: Sendable {
    private let read: @Sendable () -> Int64

    package static let system = Now { Int64(Date().timeIntervalSince1970) }

    package init(_ read: @escaping @Sendable () -> Int64) { self.read = read }

    /// Unix seconds.
    package var seconds: Int64 { read() }
}
