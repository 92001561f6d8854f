/// The ports that a router listens on, once it does.
package struct BoundPorts: Sendable, Equatable {
    package var main: Int
    /// nil: there are no metrics.
    package var metrics: Int?

    package init(main: Int, metrics: Int?) {
        self.main = main
        self.metrics = metrics
    }
}
