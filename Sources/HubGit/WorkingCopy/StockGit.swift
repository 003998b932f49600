import Foundation

/// What makes stock git and git-lfs at home in a working copy of ours.
extension WorkingCopy {
    /// Writes into the repository's configuration what git-lfs needs to serve this folder, if it is installed.
    ///
    /// Without git-lfs nothing is written: git then leaves pointers as they are, and a filter that is configured but
    /// missing would make it fail.
    package func configureForStockGit(searchPath: String?) throws {
        guard Self.isInstalled("git-lfs", in: searchPath), try setting("filter.lfs.process") == nil else { return }
        try set("filter.lfs.clean", to: "git-lfs clean -- %f")
        try set("filter.lfs.smudge", to: "git-lfs smudge -- %f")
        try set("filter.lfs.process", to: "git-lfs filter-process")
        try set("filter.lfs.required", to: "true")
        try writeHook()
    }

    /// `git push` sends large files only through this hook.
    private func writeHook() throws {
        let path = "\(gitFolder)/hooks/pre-push"
        guard FileStat(of: path) == nil else { return }
        try FileManager.default.createDirectory(atPath: "\(gitFolder)/hooks", withIntermediateDirectories: true)
        let text = "#!/bin/sh\nexec git lfs pre-push \"$@\"\n"
        try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    }

    private static func isInstalled(_ program: String, in searchPath: String?) -> Bool {
        (searchPath ?? "").split(separator: ":").contains { access("\($0)/\(program)", X_OK) == 0 }
    }
}
