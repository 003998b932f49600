package import HubCore
import HubGit

/// A commit that a client describes operation by operation, as far as it has come.
///
/// Files go to a temporary file as they arrive, so that memory holds one of them at most.
package struct CommitDraft: Sendable {
    enum Operation: Sendable {
        case put(path: String, blob: ObjectID)
        case putLarge(path: String, digest: ContentDigest, size: Int?)
        case delete(path: String)
    }

    /// The first line of the message.
    package var summary = ""

    /// What follows it.
    package var description = ""

    /// The commit the client believes it builds on, or the beginning of its name.
    package var parent: String?

    private(set) var operations: [Operation] = []
    private(set) var objects: ObjectDraft
    private let limits: HubLimits

    init(objects: ObjectDraft, limits: HubLimits) {
        self.objects = objects
        self.limits = limits
    }

    /// The whole message.
    var message: String { description.isEmpty ? "\(summary)\n" : "\(summary)\n\n\(description)\n" }

    /// Puts a plain file in place.
    package mutating func put(_ bytes: [UInt8], at path: String) async throws {
        try CommitPath.check(path)
        guard bytes.count <= limits.plainFileBytes || limits.largePlainFiles == .chunk else {
            throw HubError.tooLarge(
                "'\(path)' is \(bytes.count) bytes as a plain file, over this hub's limit of \(limits.plainFileBytes); "
                    + "send it as a large file")
        }
        if path == "README.md" {
            let errors = CardReview(of: bytes).errors
            guard errors.isEmpty else {
                throw HubError.invalid("Invalid metadata in README.md. \(errors.joined(separator: "; "))")
            }
        }
        try append(.put(path: path, blob: try await objects.addBlob(bytes)))
    }

    /// Puts a large file in place, whose content was sent before.
    ///
    /// - Parameter size: Its length; nil is whatever it is.
    package mutating func putLarge(_ digest: ContentDigest, size: Int?, at path: String) throws {
        try CommitPath.check(path)
        try append(.putLarge(path: path, digest: digest, size: size))
    }

    /// Removes a file, or a folder with all that is in it; a final slash is no matter.
    package mutating func delete(_ path: String) throws {
        let path = path.hasSuffix("/") ? String(path.dropLast()) : path
        try CommitPath.check(path)
        try append(.delete(path: path))
    }

    /// The summary as a title: one line that is neither too short nor too long.
    var titleOfProposal: String {
        let line = String(summary.split(whereSeparator: \.isNewline).first?.prefix(200) ?? "")
        return line.count < 3 ? "Change: \(line)" : line
    }

    var largeFiles: [(path: String, digest: ContentDigest, size: Int?)] {
        operations.compactMap { operation in
            guard case .putLarge(let path, let digest, let size) = operation else { return nil }
            return (path, digest, size)
        }
    }

    mutating func addPointer(_ pointer: LFSPointer) async throws -> ObjectID {
        try await objects.addBlob(Array(pointer.text.utf8))
    }

    private mutating func append(_ operation: Operation) throws {
        guard operations.count < limits.commitOperations else {
            throw HubError.tooLarge("a commit may have \(limits.commitOperations) operations; send several commits")
        }
        operations.append(operation)
    }
}

/// What a path of a commit must not be.
///
/// The git layer has the last word on names; this is what it cannot know.
enum CommitPath {
    static func check(_ path: String) throws(HubError) {
        guard !path.isEmpty else { throw .invalid("the path of a file is empty") }
        guard path.utf8.count <= 4096 else { throw .invalid("a path is over 4096 bytes") }
        guard !path.hasPrefix("..\\") else {
            throw .unprocessable("'\(path.prefix(200))' leads out of the repository on some systems")
        }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 200 else { throw .invalid("'\(path.prefix(200))' lies in more than 200 folders") }
        for part in parts where ["", ".", ".."].contains(part) {
            throw .invalid("'\(path.prefix(200))' is not a path inside the repository")
        }
    }
}

/// What a message of a commit or tag must not be.
enum CommitMessage {
    private static let limit = 64 << 10

    static func check(_ text: String) throws(HubError) {
        guard text.utf8.count <= limit else { throw .invalid("a commit message may have at most \(limit) bytes") }
        // The form git keeps commits in ends at such a byte for some readers.
        guard !text.utf8.contains(0) else { throw .invalid("a commit message may not hold zero bytes") }
    }
}
