import Foundation
import HubCore

/// A folder of bare repositories: `NAME.git` and `OWNER/NAME.git`.
struct ImportFolder: Sendable {
    /// A bare repository, and what it is called on the hub.
    struct Item: Sendable {
        let path: String
        let owner: String
        let name: String
    }

    /// By path.
    let items: [Item]

    /// - Parameter bareNameOwner: Who owns what lies in the folder itself.
    init(_ path: String, bareNameOwner: String) throws {
        var items: [Item] = []
        for name in try Self.folders(in: path) {
            if let item = Self.item(name, in: path, owner: bareNameOwner) {
                items.append(item)
                continue
            }
            let inner = "\(path)/\(name)"
            items += try Self.folders(in: inner).compactMap { Self.item($0, in: inner, owner: name) }
        }
        self.items = items
    }

    private static func item(_ name: String, in folder: String, owner: String) -> Item? {
        guard name.hasSuffix(".git"), name.utf8.count > 4 else { return nil }
        return Item(path: "\(folder)/\(name)", owner: owner, name: String(name.dropLast(4)))
    }

    private static func folders(in path: String) throws -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: path).sorted().filter { name in
                var isFolder: ObjCBool = false
                let exists = unsafe FileManager.default.fileExists(atPath: "\(path)/\(name)", isDirectory: &isFolder)
                return exists && isFolder.boolValue
            }
        } catch {
            throw HubError.invalid(
                "the folder '\(path)' to import from cannot be read: \(error.localizedDescription)")
        }
    }
}

extension ImportFolder.Item {
    /// The files git-lfs keeps in a bare repository, each under its SHA-256.
    func largeFiles() -> [(digest: ContentDigest, path: String, size: Int)] {
        let root = "\(path)/lfs/objects"
        guard let names = FileManager.default.enumerator(atPath: root) else { return [] }
        var files: [(digest: ContentDigest, path: String, size: Int)] = []
        while let name = names.nextObject() as? String {
            guard names.fileAttributes?[.type] as? FileAttributeType == .typeRegular,
                let last = name.split(separator: "/").last, let digest = try? ContentDigest(parsing: last),
                let size = (names.fileAttributes?[.size] as? NSNumber)?.intValue
            else { continue }
            files.append((digest, "\(root)/\(name)", size))
        }
        return files
    }
}
