import Foundation
import HubCore

/// A folder of bare repositories: `NAME.git` and `OWNER/NAME.git`.
struct ImportFolder: Sendable {
    /// A bare repository, and what it is called on the hub.
    struct Item: Sendable {
        let path: String
        let owner: String
        let name: String

        /// The same for all names that are one on the hub.
        fileprivate var key: String { "\(owner)/\(name)".lowercased() }
    }

    /// By path.
    let items: [Item]

    /// Folders that could not be looked into, each with why.
    let unread: [(path: String, reason: HubError)]

    /// - Parameter bareNameOwner: Who owns what lies in the folder itself.
    init(_ path: String, bareNameOwner: String) throws {
        var items: [Item] = []
        var unread: [(path: String, reason: HubError)] = []
        for name in try Self.folders(in: path) {
            if let item = Self.item(name, in: path, owner: bareNameOwner) {
                items.append(item)
                continue
            }
            let inner = "\(path)/\(name)"
            do {
                items += try Self.folders(in: inner).compactMap { Self.item($0, in: inner, owner: name) }
            } catch let error as HubError {
                unread.append((inner, error))
            }
        }
        self.items = items
        self.unread = unread
    }

    /// One item for each name, and the others beside those that have it: the hub tells no capitals from small letters.
    ///
    /// - Parameter places: The paths that were imported before; they keep the name. Of others the first has it.
    func items(preferring places: Set<String>) -> (taken: [Item], clashes: [(item: Item, holder: Item)]) {
        let rivals = Dictionary(grouping: items, by: \.key)
        let holders = rivals.compactMapValues { rivals in rivals.first { places.contains($0.path) } ?? rivals.first }
        var taken: [Item] = []
        var clashes: [(item: Item, holder: Item)] = []
        for item in items {
            guard let holder = holders[item.key], holder.path != item.path else {
                taken.append(item)
                continue
            }
            clashes.append((item, holder))
        }
        return (taken, clashes)
    }

    private static func item(_ name: String, in folder: String, owner: String) -> Item? {
        guard name.hasSuffix(".git"), name.utf8.count > 4 else { return nil }
        return Item(path: "\(folder)/\(name)", owner: owner, name: String(name.dropLast(4)))
    }

    /// Throws a sentence if nothing can be imported from there.
    static func require(_ path: String) throws(HubError) {
        guard let reason = reason(path) else { return }
        throw refusal(path, reason)
    }

    private static func refusal(_ path: String, _ reason: String) -> HubError {
        .invalid("the folder '\(path)' to import from cannot be read: \(reason)")
    }

    private static func folders(in path: String) throws -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: path).sorted().filter { name in
                var isFolder: ObjCBool = false
                let exists = unsafe FileManager.default.fileExists(atPath: "\(path)/\(name)", isDirectory: &isFolder)
                return exists && isFolder.boolValue
            }
        } catch {
            throw refusal(path, reason(path) ?? "\(error)")
        }
    }

    private static func reason(_ path: String) -> String? {
        var isFolder: ObjCBool = false
        guard unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            return "there is no such folder"
        }
        guard isFolder.boolValue else { return "it is not a folder" }
        return FileManager.default.isReadableFile(atPath: path) ? nil : "hubd may not read it"
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
