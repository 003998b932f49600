package import HubChunks

/// A promise of ``BlobBackend`` that a backend broke.
package struct BlobBackendBreach: Error, CustomStringConvertible {
    package let description: String
}

/// Checks everything ``BlobBackend`` promises on an empty backend; throws ``BlobBackendBreach`` at the first breach.
///
/// - Parameter makeFile: Writes bytes to a new file from which the backend can take them, and returns its path.
package func checkBlobBackendConformance(
    _ backend: any BlobBackend, makeFile: ([UInt8]) throws -> String
) async throws {
    func require(_ condition: Bool, _ promise: String) throws {
        guard condition else { throw BlobBackendBreach(description: promise) }
    }
    guard let name = BlobName("ab-first"), let other = BlobName("ab-second"), let absent = BlobName("cd-absent") else {
        throw BlobBackendBreach(description: "plain names are names")
    }
    let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }

    try await require(backend.all().isEmpty, "a new backend is empty")
    try await require(backend.size(of: absent) == nil, "what was never stored has no size")
    try await require(failsAsDamage { try await backend.read(absent, 0..<1) }, "reading what is absent is damage")

    try await backend.store(fileAt: makeFile(bytes), as: name)
    try await backend.store(fileAt: makeFile([]), as: other)
    try await require(backend.size(of: name) == bytes.count, "a blob has the size of its file")
    try await require(backend.size(of: other) == 0, "an empty blob is a blob")
    try await require(backend.read(name, 0..<bytes.count) == bytes, "a blob holds the file's bytes")
    try await require(backend.read(name, 500..<777) == Array(bytes[500..<777]), "a blob can be read in the middle")
    try await require(backend.read(name, 9..<9).isEmpty, "an empty range is no bytes")
    try await require(
        failsAsDamage { try await backend.read(name, 99_990..<100_001) }, "reading past the end is damage")
    try await require(Set(backend.all().map(\.name)) == [name, other], "all blobs are listed")

    try await backend.remove(name)
    try await backend.remove(name)
    try await require(backend.size(of: name) == nil, "what was removed has no size")
    try await require(backend.all().map(\.name) == [other], "removing one blob leaves the others")
}

private func failsAsDamage(_ body: () async throws -> [UInt8]) async throws -> Bool {
    do {
        _ = try await body()
        return false
    } catch is DamagedContent {
        return true
    }
}
