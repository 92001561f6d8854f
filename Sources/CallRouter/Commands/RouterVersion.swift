/// The version of this program.
package enum RouterVersion {
    /// Follows semver.org.
    package static let current = "0.1.0"
}
