package import HubCore

/// Looks for what could harm those who load a file, by what the file holds and not by its name.
///
/// Pickles that run code, wherever they hide (zip, tar and gzip files, numpy arrays, behind the end of
/// another file), archives that cannot be opened here, files that are two things at once, and programs under
/// the name of data. Headers and pickles are read, weights are not, so it can run before a push is published.
/// What cannot be scanned is an error: a check that cannot run has failed.
package enum SecurityCheck {
    /// What one file may cost.
    package struct Limits: Sendable {
        /// Opcodes of all its pickles together.
        package var operations = 20_000_000

        /// The largest packed member that is unpacked, in bytes.
        package var unpackedMember = 32 << 20

        /// All unpacked members together, in bytes.
        package var unpackedTotal = 256 << 20

        /// How deep archives may lie in each other.
        package var depth = 4

        package init() {}
    }

    /// What is wrong with the file at `path`; faults of reading it are thrown.
    package static func findings(
        path: String,
        reader: any ByteReader,
        limits: Limits = Limits()
    ) async throws -> [Finding] {
        var scan = SecurityScan(path: path, limits: limits)
        try await scan.inspect(reader, SecurityScan.Place(name: path))
        return scan.findings
    }
}
