/// What one push may cost; each limit is named in the sentence the client prints.
package struct PushLimits: Sendable {
    /// Length of the pack as it is sent.
    package var packBytes = 2 << 30

    package var objects = 1_000_000

    /// Length of one object, inflated; larger files belong in git-lfs.
    package var objectBytes = 64 << 20

    /// Length of one file, if it may be longer than any other object: it is never held in memory.
    package var fileBytes = 0

    /// Length of files up to which deltas make them in memory; longer ones are made in pieces, and rest uncompressed
    /// until they are published.
    package var heldBytes = 64 << 20

    /// Length of all objects together, inflated: what a pack of deltas on deltas may grow to.
    package var inflatedBytes = 8 << 30

    /// How many deltas may stand on each other; git itself makes chains of 50, and 4095 when told to.
    package var deltaDepth = 4096

    /// Refs moved by one push.
    package var commands = 100_000

    package init() {}
}
