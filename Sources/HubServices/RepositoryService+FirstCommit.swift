import HubCore
import HubDatabase
import HubGit

extension RepositoryService {
    /// Gives a new repository its first commit: a `.gitattributes` that keeps weights out of plain git.
    static func writeFirstCommit(
        of record: RepositoryRecord,
        by user: Caller.User,
        at instant: Int64,
        in connection: any SQLConnection
    ) throws {
        let git = try GitRepository(connection, repository: record.rowID)
        let author = Signature(name: user.name, email: "\(user.name)@users.noreply.hub", seconds: instant)
        // Names the repository, so that two made in the same second have nothing in common.
        let committer = Signature(
            name: "hub", email: "repository-\(record.rowID)@users.noreply.hub", seconds: instant)
        let commit = try git.writeCommit(
            [.put(path: ".gitattributes", bytes: Array(attributes.utf8))],
            onto: nil, parents: [], author: author, committer: committer, message: "initial commit\n")
        try git.move(.main, from: nil, to: commit)
        try ReportStore.enqueue(
            [(subject: ReportStore.Subject(tree: try git.commit(commit).tree, parent: nil), commit: commit)],
            repository: record.rowID, at: instant, in: connection)
    }

    /// The kinds of files that are large by nature.
    static let attributes =
        [
            "7z", "arrow", "bin", "bz2", "ckpt", "ftz", "gguf", "gz", "h5", "joblib", "lz4", "mlmodel", "model",
            "msgpack", "npy", "npz", "onnx", "ot", "parquet", "pb", "pickle", "pkl", "pt", "pth", "rar",
            "safetensors", "tar", "tflite", "tgz", "wasm", "xz", "zip", "zst",
        ]
        .map { "*.\($0) filter=lfs diff=lfs merge=lfs -text\n" }.joined()
}
