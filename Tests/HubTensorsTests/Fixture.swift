import Foundation
import HubCore
import HubTensors

/// Files under Tests/Fixtures; `make_tensor_fixtures.py` there says how they came to be.
enum Fixture {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures")

    static func file(_ path: String) throws -> MappedFile { try MappedFile(path: folder.appending(path: path).path) }

    static func bytes(_ path: String) throws -> [UInt8] {
        let file = try file(path)
        return try file.read(0..<file.count)
    }

    static func json(_ path: String) throws -> JSONValue { try JSONReader.parse(try bytes(path)) }

    static func checkpoint(_ path: String) async throws -> Checkpoint {
        try await Checkpoint.open(["model.safetensors": try file(path)])
    }
}

/// A folder that vanishes with the object.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "hub-tensors-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func bytes(_ name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(filePath: "\(path)/\(name)"))) }

    var names: [String] { get throws { try Self.names(of: path) } }

    static func names(of path: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    }
}
