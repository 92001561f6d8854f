/// Why the embedded store could not be opened.
///
/// The process cannot start without it.
package struct StoreOpenError: Error, Sendable, Equatable, CustomStringConvertible {
    package var path: String
    /// What SQLite says, or what is wrong with the schema.
    package var reason: String

    package var description: String {
        "The call store \(self.path) cannot be opened (\(self.reason)). Check DATA_DIR, its owner and the space on its disk."
    }
}
