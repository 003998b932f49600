import HubGit

/// What becomes of a file over ``HubLimits/plainFileBytes`` that git sends as it is.
package enum LargePlainFiles: String, CaseIterable, Sendable {
    /// It is refused, with what to do instead.
    case refuse

    /// It is kept in chunks, as large files are, and given out as it came.
    case chunk
}

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

    /// What becomes of larger ones that come with a push of git.
    package var largePlainFiles = LargePlainFiles.refuse

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

    /// Bytes of an image or a sound attached to a comment.
    package var attachmentBytes = 10 << 20

    /// Bytes of a video attached to a comment.
    package var attachedVideoBytes = 50 << 20

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

    /// Bytes from which on a plain file is kept in chunks, if it is to be.
    ///
    /// Shorter ones are read whole in many places, whatever the limit of plain files.
    var chunkedFileBytes: Int { max(plainFileBytes, 1 << 20) }

    /// What one pack may hold; a plain file over its limit has to come in first, to be told with its path.
    var packs: PushLimits {
        var packs = PushLimits()
        packs.packBytes = packBytes
        packs.objects = packObjects
        packs.objectBytes = max(packs.objectBytes, plainFileBytes)
        packs.heldBytes = packs.objectBytes
        if largePlainFiles == .chunk {
            packs.fileBytes = min(contentBytes, packs.inflatedBytes)
            packs.heldBytes = chunkedFileBytes
        }
        return packs
    }
}
