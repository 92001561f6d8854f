/// A value that must not be shown: it prints as `«secret»` wherever it ends up by mistake.
package struct Secret: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The value itself, for the one place that needs it.
    package let value: String

    package init(_ value: String) { self.value = value }

    package var description: String { "«secret»" }
    package var debugDescription: String { self.description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
