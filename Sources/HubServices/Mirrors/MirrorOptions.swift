/// How mirrors are run; the defaults stand here.
package struct MirrorOptions: Sendable {
    /// Whether upstreams may be on this machine or in private networks; link-local addresses are never asked.
    package var allowsPrivateAddresses = false

    /// Seconds one run may take.
    package var timeoutSeconds = 3600

    /// Seconds for which an upstream may say nothing.
    package var patienceSeconds = 60

    /// Certificates in PEM of authorities that are believed beside the system's.
    package var trustedRoots: [UInt8] = []

    package init() {}

    /// Where a mirror may be pulled from.
    var policy: AddressPolicy { AddressPolicy(allowsPrivate: allowsPrivateAddresses, option: "mirror.allow-private") }
}
