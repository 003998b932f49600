/// The version of this project.
package enum HubVersion {
    package static let current = "0.1.0"
}
