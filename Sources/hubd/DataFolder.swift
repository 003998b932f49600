import Foundation
import Glibc
import HubCore

/// The folder an embedded hub keeps everything in.
///
/// | name | what |
/// |---|---|
/// | `hub.sqlite` (and `-wal`, `-shm`) | the database |
/// | `blobs/` | packed chunks, named by digest |
/// | `scratch/` | uploads and validations under way; emptied at start |
/// | `address` | how clients reach the running hubd |
/// | `admin-token` | the first administrator's token, 0600 |
/// | `lock` | held by the running hubd |
struct DataFolder: Sendable {
    let path: String

    var database: String { path + "/hub.sqlite" }
    var blobs: String { path + "/blobs" }
    var scratch: String { path + "/scratch" }
    var adminToken: String { path + "/admin-token" }
    private var addressFile: String { path + "/address" }
    private var lockFile: String { path + "/lock" }

    /// Makes the folder, readable by its owner only, and empties its scratch space.
    func prepare() throws {
        let private700: [FileAttributeKey: Any] = [.posixPermissions: 0o700]
        do {
            if FileManager.default.fileExists(atPath: scratch) { try FileManager.default.removeItem(atPath: scratch) }
            for folder in [path, blobs, scratch] {
                try FileManager.default.createDirectory(
                    atPath: folder, withIntermediateDirectories: true, attributes: private700)
            }
            try FileManager.default.setAttributes(private700, ofItemAtPath: path)
        } catch {
            throw HubError.invalid("the data folder '\(path)' cannot be used: \(error.localizedDescription)")
        }
    }

    /// Takes the folder for this process; the lock goes when the process ends, however it ends.
    func lock() throws {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw HubError.invalid(
                "the data folder '\(path)' cannot be made: \(error.localizedDescription) Choose another with --data")
        }
        let descriptor = unsafe open(lockFile, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw HubError.invalid("the data folder '\(path)' cannot be written: \(errorText())")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw HubError.conflict(
                "another hubd is running on the data folder '\(path)'; stop it first, or choose another with --data")
        }
    }

    /// Whether a hubd holds the folder now.
    func isLocked() -> Bool {
        let descriptor = unsafe open(lockFile, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return flock(descriptor, LOCK_EX | LOCK_NB) != 0
    }

    /// Throws unless a hub has been started here before, as far as this user can see.
    func requireDatabase() throws(HubError) {
        switch PathState(database) {
        case .file: return
        case .hidden(let reason):
            throw HubError.invalid(
                "the data folder '\(path)' cannot be read by this user: \(reason); run hubd as the user it belongs to")
        case .nothing, .folder:
            throw HubError.notFound(
                "there is no hub in '\(path)'; name its folder with --data, or start one with 'hubd serve'")
        }
    }

    /// Throws if blobs are here without the database that knows them: a new one would take them all for garbage.
    func requireDatabaseOfBlobs() throws(HubError) {
        guard holdsDatabase || !holdsBlobs else {
            throw HubError.unavailable(
                "'\(blobs)' holds content, but there is no database '\(database)'; restore it from a backup, "
                    + "or choose another folder with --data")
        }
    }

    private var holdsDatabase: Bool {
        let attributes = try? FileManager.default.attributesOfItem(atPath: database)
        return (attributes?[.size] as? NSNumber)?.intValue ?? 0 > 0
    }

    private var holdsBlobs: Bool {
        let names = FileManager.default.enumerator(atPath: blobs)
        while names?.nextObject() != nil {
            if names?.fileAttributes?[.type] as? FileAttributeType == .typeRegular { return true }
        }
        return false
    }

    /// Writes the first administrator's token, for its owner's eyes only.
    func writeAdminToken(_ token: String) throws {
        let made = FileManager.default.createFile(
            atPath: adminToken, contents: Data((token + "\n").utf8), attributes: [.posixPermissions: 0o600])
        guard made else { throw HubError.unavailable("'\(adminToken)' cannot be written") }
    }

    /// Writes down how clients reach the hub, for programs that answer in its name; nil if that is not known.
    func writeAddress(_ address: String?) throws {
        do {
            try Data(((address ?? "") + "\n").utf8).write(to: URL(filePath: addressFile), options: .atomic)
        } catch {
            throw HubError.unavailable("'\(addressFile)' cannot be written: \(error.localizedDescription)")
        }
    }

    /// How clients reach the hub, as it was when it started last.
    func readAddress() throws -> String? {
        guard let data = FileManager.default.contents(atPath: addressFile) else { return nil }
        let address = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        return address.isEmpty ? nil : address
    }

    private func errorText() -> String { unsafe String(cString: strerror(errno)) }
}
