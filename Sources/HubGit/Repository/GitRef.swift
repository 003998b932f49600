package import HubCore

/// A ref and what it points at.
package struct GitRef: Hashable, Sendable {
    package let name: RefName

    /// What the ref names: a commit, or for an annotated tag the tag object.
    package let target: ObjectID

    /// What an annotated tag finally points at; nil if the ref names it directly.
    package let peeled: ObjectID?

    /// The commit, tag objects followed.
    package var commit: CommitID { peeled ?? target }
}
