import CLibgit2
import Foundation
package import HubCore

extension WorkingCopy {
    /// Whether `.gitattributes` makes `path` a large file.
    func isLarge(_ path: String) throws -> Bool {
        var value: UnsafePointer<CChar>?
        try git {
            git_attr_get(&value, handle.pointer, UInt32(GIT_ATTR_CHECK_FILE_THEN_INDEX), path, "filter")
        }
        return value.map { String(cString: $0) == "lfs" } ?? false
    }

    /// The large files of the index, and the pointer each stands for.
    func largeFiles(in index: OpaquePointer) throws -> [IndexedPointer] {
        var found: [IndexedPointer] = []
        for position in 0..<git_index_entrycount(index) {
            guard let entry = git_index_get_byindex(index, position), git_index_entry_stage(entry) == 0 else {
                continue
            }
            let path = String(cString: entry.pointee.path)
            let id = try ObjectID(copying: entry.pointee.id)
            guard try isLarge(path), let pointer = try pointer(in: id) else { continue }
            found.append(
                IndexedPointer(
                    path: path, blob: id, pointer: pointer, modified: entry.pointee.mtime, inode: entry.pointee.ino,
                    size: entry.pointee.file_size))
        }
        return found
    }

    /// The pointer a blob holds, if it holds one.
    func pointer(in blob: ObjectID) throws -> LFSPointer? {
        try file("", blob, isExecutable: false).pointer
    }

    /// Brings the index up to what lies on the disk: a large file that was only touched, and whose bytes are still
    /// those of its pointer, counts as unchanged again.
    ///
    /// libgit2 knows nothing of git-lfs and would compare the file's own bytes with the pointer's.
    func refreshLargeFiles(in index: OpaquePointer) throws {
        var changed = false
        for file in try largeFiles(in: index) {
            let location = location(of: file.path)
            guard let status = FileStat(of: location), status.isRegular, !file.isFresh(status) else { continue }
            guard try holdsContent(of: file.pointer, at: location, status) else { continue }
            try enter(file.path, file.blob, status, into: index)
            changed = true
        }
        if changed { try git { git_index_write(index) } }
    }

    /// Whether the file holds the pointer's content, or still the pointer itself.
    private func holdsContent(of pointer: LFSPointer, at location: String, _ status: FileStat) throws -> Bool {
        if status.size == pointer.size { return try LFSPointer(hashingFileAt: location) == pointer }
        guard status.size <= LFSPointer.maximumByteCount else { return false }
        return FileManager.default.contents(atPath: location).map { LFSPointer(parsing: Array($0)) == pointer }
            ?? false
    }

    /// Writes an entry with the file's own times and size, so that git takes the file for unchanged.
    func enter(_ path: String, _ blob: ObjectID, _ status: FileStat, into index: OpaquePointer) throws {
        var entry = git_index_entry()
        entry.ctime = git_index_time(
            seconds: Int32(truncatingIfNeeded: status.raw.st_ctim.tv_sec),
            nanoseconds: UInt32(status.raw.st_ctim.tv_nsec))
        entry.mtime = git_index_time(
            seconds: Int32(truncatingIfNeeded: status.raw.st_mtim.tv_sec),
            nanoseconds: UInt32(status.raw.st_mtim.tv_nsec))
        entry.dev = UInt32(truncatingIfNeeded: status.raw.st_dev)
        entry.ino = UInt32(truncatingIfNeeded: status.raw.st_ino)
        entry.uid = status.raw.st_uid
        entry.gid = status.raw.st_gid
        entry.file_size = UInt32(truncatingIfNeeded: status.size)
        entry.mode = UInt32((status.isExecutable ? GIT_FILEMODE_BLOB_EXECUTABLE : GIT_FILEMODE_BLOB).rawValue)
        entry.id = blob.forLibgit2
        let added = path.withCString { name in
            entry.path = name
            return git_index_add(index, &entry)
        }
        try git { added }
    }

    // MARK: Content in the working folder

    /// The large files whose work file is still a pointer, by path.
    package func unmaterialised() throws -> [String: LFSPointer] {
        try withIndex { index in
            var waiting: [String: LFSPointer] = [:]
            for file in try largeFiles(in: index) where try holdsPointerOnly(file.path) {
                waiting[file.path] = file.pointer
            }
            return waiting
        }
    }

    private func holdsPointerOnly(_ path: String) throws -> Bool {
        let location = location(of: path)
        guard let status = FileStat(of: location), status.isRegular,
            status.size <= LFSPointer.maximumByteCount
        else { return false }
        return FileManager.default.contents(atPath: location).map { LFSPointer(parsing: Array($0)) != nil } ?? false
    }

    /// Puts content from the store in place of pointers; returns what the store lacks.
    @discardableResult
    package func materialise() throws -> [LFSPointer] {
        let waiting = try unmaterialised()
        let here = waiting.filter { content.holds($0.value) }
        for (path, pointer) in here {
            let location = location(of: path)
            let isExecutable = FileStat(of: location)?.isExecutable ?? false
            try content.materialise(pointer, at: location, mode: isExecutable ? 0o777 : 0o666)
        }
        try noteMaterialised(Array(here.keys))
        return Array(Set(waiting.values).subtracting(here.values))
    }

    /// Tells the index that these files now hold their content.
    ///
    /// The caller knows that they do: it has just put it there.
    package func noteMaterialised(_ paths: [String]) throws {
        guard !paths.isEmpty else { return }
        let wanted = Set(paths)
        try withIndex { index in
            for file in try largeFiles(in: index) where wanted.contains(file.path) {
                guard let status = FileStat(of: location(of: file.path)) else { continue }
                try enter(file.path, file.blob, status, into: index)
            }
            try git { git_index_write(index) }
        }
    }

    /// A file on this machine that holds `pointer`'s content: in the store, or an unchanged work file.
    package func file(holding pointer: LFSPointer) throws -> String? {
        if content.holds(pointer) { return content.path(of: pointer.digest) }
        return try withIndex { index in
            try largeFiles(in: index).first { file in
                guard file.pointer == pointer, let status = FileStat(of: location(of: file.path)) else { return false }
                return status.size == pointer.size && file.isFresh(status)
            }.map { location(of: $0.path) }
        }
    }

    /// Large files of the folder whose content may not be in the store, with their lengths, at most `limit`.
    package func contentsOutsideStore(limit: Int) throws -> [(path: String, size: Int)] {
        try withIndex { index in
            var found: [(path: String, size: Int)] = []
            for file in try largeFiles(in: index) where found.count < limit {
                let place = location(of: file.path)
                guard let status = FileStat(of: place), status.isRegular,
                    status.size != file.pointer.size || !content.holds(file.pointer)
                else { continue }
                found.append((place, status.size))
            }
            return found
        }
    }

    /// Makes unchanged large files pointers again, and keeps their content in the store, before a checkout replaces
    /// or removes them: the only copy on this machine is never overwritten.
    func putAway(_ paths: Set<String>, in index: OpaquePointer) throws {
        for file in try largeFiles(in: index) where paths.contains(file.path) {
            let location = location(of: file.path)
            guard let status = FileStat(of: location), file.isFresh(status), status.size == file.pointer.size,
                !content.holds(file.pointer)
            else { continue }
            try FileManager.default.createDirectory(atPath: content.folder, withIntermediateDirectories: true)
            try content.adopt(location, as: file.pointer)
            try Data(file.pointer.text.utf8).write(to: URL(fileURLWithPath: location))
            guard let now = FileStat(of: location) else { continue }
            try enter(file.path, file.blob, now, into: index)
        }
        try git { git_index_write(index) }
    }
}

/// A large file as the index knows it.
struct IndexedPointer {
    let path: String
    let blob: ObjectID
    let pointer: LFSPointer
    let modified: git_index_time
    let inode: UInt32
    let size: UInt32

    /// Whether the file on disk is by size and times the one the index saw.
    func isFresh(_ status: FileStat) -> Bool {
        size == UInt32(truncatingIfNeeded: status.size)
            && modified.seconds == Int32(truncatingIfNeeded: status.raw.st_mtim.tv_sec)
            && modified.nanoseconds == UInt32(status.raw.st_mtim.tv_nsec)
            && inode == UInt32(truncatingIfNeeded: status.raw.st_ino)
    }
}
