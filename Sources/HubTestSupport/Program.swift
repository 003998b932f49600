import Foundation
import Subprocess
import SystemPackage

/// Another program as the oracle, started without Foundation.
///
/// Foundation's own `Process` lists all open files at each start and reads past the end of a list of more than some
/// 1300, which many tests at once hold open.
package enum Program {
    package struct Result: Sendable {
        package let status: Int32
        package let output: [UInt8]
        package let complaint: String
    }

    /// Runs `name`, found in PATH, to its end.
    ///
    /// - Parameter environment: What is added to this process's own.
    /// - Throws: If there is no such program, or it prints more than 1 GiB. What it exits with is in the result.
    package static func run(
        _ name: String, _ arguments: [String], in folder: String? = nil, environment: [String: String] = [:],
        input: [UInt8] = []
    ) async throws -> Result {
        let input = try file(holding: input)
        let added = environment.map { (Environment.Key(stringLiteral: $0.key), Optional($0.value)) }
        let result = try await Subprocess.run(
            .name(name), arguments: Arguments(arguments),
            environment: .inherit.updating(Dictionary(uniqueKeysWithValues: added)),
            workingDirectory: folder.map { FilePath($0) },
            input: .fileDescriptor(input, closeAfterSpawningProcess: true), output: .bytes(limit: 1 << 30),
            error: .string(limit: 1 << 20))
        return Result(
            status: code(of: result.terminationStatus), output: result.standardOutput, complaint: result.standardError)
    }

    /// A file and no pipe: a program may end before it has read all.
    private static func file(holding bytes: [UInt8]) throws -> FileDescriptor {
        let path = FileManager.default.temporaryDirectory.appending(path: "input-\(UUID().uuidString)")
        try Data(bytes).write(to: path)
        defer { try? FileManager.default.removeItem(at: path) }
        return try FileDescriptor.open(FilePath(path.path), .readOnly, options: .closeOnExec)
    }

    /// As a shell tells it: what it exited with, or 128 and the signal that ended it.
    private static func code(of status: TerminationStatus) -> Int32 {
        switch status {
        case .exited(let code): code
        case .signaled(let signal): 128 + signal
        }
    }
}
