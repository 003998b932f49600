import Foundation
import HubTensors

/// A folder that is gone when the test is through.
final class ScratchFolder: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "hub-inference-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes a file and maps it.
    func map(_ bytes: [UInt8], as name: String) throws -> MappedFile {
        try Data(bytes).write(to: URL(filePath: "\(path)/\(name)"))
        return try MappedFile(path: "\(path)/\(name)")
    }
}
