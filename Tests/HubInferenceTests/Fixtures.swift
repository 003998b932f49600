import Foundation
import HubCore
import HubTensors

/// The models and tokenizers in Tests/Fixtures.
enum Fixtures {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures")

    static func decode<Value: Decodable>(_ type: Value.Type, _ path: String) throws -> Value {
        try JSONDecoder().decode(type, from: Data(contentsOf: folder.appending(path: path)))
    }

    static func bytes(_ path: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: folder.appending(path: path)))
    }

    /// A model's files, mapped as `hubctl validate` and the hub map them.
    static func model(_ name: String) throws -> [String: any ByteReader] {
        let path = folder.appending(path: "models/\(name)").path
        var files: [String: any ByteReader] = [:]
        for file in try FileManager.default.contentsOfDirectory(atPath: path) {
            files[file] = try MappedFile(path: "\(path)/\(file)")
        }
        return files
    }
}
