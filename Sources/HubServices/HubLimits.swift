/// What clients may send at most.
///
/// Each is an option of `hubd serve`; the defaults stand here.
package struct HubLimits: Sendable {
    /// Bytes of one pack in a git push.
    package var packBytes = 512 << 20

    /// Objects in one pack.
    package var packObjects = 2_000_000

    /// Bytes of one file kept as a plain git object; larger ones belong in the chunk store.
    package var plainFileBytes = 10 << 20

    /// Bytes of one commit sent over HTTP.
    package var commitBytes = 512 << 20

    /// Bytes of one line of such a commit; a plain file is one, in base64.
    package var commitLineBytes = 16 << 20

    /// Operations of such a commit.
    package var commitOperations = 100_000

    /// Bytes of one large file.
    package var contentBytes = 1 << 40

    /// Bytes of one part of a large file that comes by git-lfs in several; a smaller file comes whole.
    package var lfsPartBytes = 512 << 20

    /// Bytes of a JSON body.
    package var jsonBytes = 1 << 20

    /// Bytes of one shard upload.
    package var shardBytes = 64 << 20

    /// Files in one revision.
    package var filesPerRevision = 100_000

    /// Seconds one validation may take before it counts as failed.
    package var validationSeconds = 1800

    /// Parameters of the largest model whose forward pass is run; larger ones skip the inference stage.
    package var inferenceParameters = 8_000_000_000

    /// Seconds for which uploaded content is kept for its uploader before a push must name it.
    package var leaseSeconds = 24 * 3600

    package init() {}
}
