package import HubCore

/// The files of one revision of a model, wherever they rest.
package struct ModelRevision: Sendable {
    /// A name for reports: a commit, or the path of a folder.
    package let id: String

    /// Regular files by path.
    ///
    /// Checkpoints that are `MappedFile`s are used in place.
    package let files: [String: any ByteReader]

    /// Paths that are symbolic links; nobody follows them.
    package let symlinks: [String]

    package init(id: String, files: [String: any ByteReader], symlinks: [String] = []) {
        self.id = id
        self.files = files
        self.symlinks = symlinks
    }

    /// Whether there is anything to run: a configuration beside weights, at the top.
    var hasModel: Bool {
        files["config.json"] != nil
            && files.keys.contains { path in
                path.hasPrefix("model") && !path.contains("/")
                    && (path.hasSuffix(".safetensors") || path.hasSuffix(".safetensors.index.json"))
            }
    }
}
