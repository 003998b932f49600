package import HubCore

/// A value in a row or bound to a statement.
package enum SQLValue: Hashable, Sendable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    case blob([UInt8])
}

/// Something that can be bound to a `?`.
package protocol SQLValueConvertible: Sendable {
    var sqlValue: SQLValue { get }
}

extension SQLValue: SQLValueConvertible {
    package var sqlValue: SQLValue { self }
}

extension Int: SQLValueConvertible {
    package var sqlValue: SQLValue { .integer(Int64(self)) }
}

extension Int64: SQLValueConvertible {
    package var sqlValue: SQLValue { .integer(self) }
}

/// Booleans are 0 and 1 in every database.
extension Bool: SQLValueConvertible {
    package var sqlValue: SQLValue { .integer(self ? 1 : 0) }
}

extension Double: SQLValueConvertible {
    package var sqlValue: SQLValue { .real(self) }
}

extension String: SQLValueConvertible {
    package var sqlValue: SQLValue { .text(self) }
}

extension [UInt8]: SQLValueConvertible {
    package var sqlValue: SQLValue { .blob(self) }
}

extension ContentDigest: SQLValueConvertible {
    package var sqlValue: SQLValue { .blob(bytes) }
}

extension XetHash: SQLValueConvertible {
    package var sqlValue: SQLValue { .blob(bytes) }
}

extension ObjectID: SQLValueConvertible {
    package var sqlValue: SQLValue { .blob(bytes) }
}

extension RefName: SQLValueConvertible {
    package var sqlValue: SQLValue { .text(name) }
}

extension Optional: SQLValueConvertible where Wrapped: SQLValueConvertible {
    package var sqlValue: SQLValue { map(\.sqlValue) ?? .null }
}

/// One row of a result; columns are read by their place in the query.
package struct SQLRow: Sendable {
    package let values: [SQLValue]

    package init(_ values: [SQLValue]) { self.values = values }

    package func isNull(_ column: Int) -> Bool { values[column] == .null }

    package func int64(_ column: Int) throws(SQLError) -> Int64 {
        guard case .integer(let value) = values[column] else { throw mismatch(column, "an integer") }
        return value
    }

    package func int(_ column: Int) throws(SQLError) -> Int { Int(try int64(column)) }

    package func bool(_ column: Int) throws(SQLError) -> Bool { try int64(column) != 0 }

    package func double(_ column: Int) throws(SQLError) -> Double {
        switch values[column] {
        case .real(let value): value
        case .integer(let value): Double(value)
        default: throw mismatch(column, "a number")
        }
    }

    package func string(_ column: Int) throws(SQLError) -> String {
        guard case .text(let value) = values[column] else { throw mismatch(column, "text") }
        return value
    }

    package func blob(_ column: Int) throws(SQLError) -> [UInt8] {
        guard case .blob(let value) = values[column] else { throw mismatch(column, "a blob") }
        return value
    }

    package func contentDigest(_ column: Int) throws(SQLError) -> ContentDigest {
        guard let digest = ContentDigest(bytes: try blob(column)) else { throw mismatch(column, "32 bytes") }
        return digest
    }

    package func xetHash(_ column: Int) throws(SQLError) -> XetHash {
        guard let hash = XetHash(bytes: try blob(column)) else { throw mismatch(column, "32 bytes") }
        return hash
    }

    package func objectID(_ column: Int) throws(SQLError) -> ObjectID {
        guard let id = ObjectID(bytes: try blob(column)) else { throw mismatch(column, "20 bytes") }
        return id
    }

    /// Reads a column that may be NULL.
    package func optional<Value>(_ column: Int, _ read: (Int) throws(SQLError) -> Value) throws(SQLError) -> Value? {
        isNull(column) ? nil : try read(column)
    }

    private func mismatch(_ column: Int, _ expected: String) -> SQLError {
        .other("column \(column) of the result is not \(expected)")
    }
}
