import CallActors
import Logging
import NIOCore

/// What the parts of a router are built from.
package struct RouterContext: Sendable {
    package var configuration: RouterConfiguration
    /// Locked for this process.
    package var dataDirectory: DataDirectory
    /// All loops of the process; a call stays on the one that accepted its stream.
    package var eventLoopGroup: any EventLoopGroup
    /// Follows the calls; nil outside of `simulate`.
    package var observer: (any CallObserver)?
    package var logger: Logger

    package init(
        configuration: RouterConfiguration,
        dataDirectory: DataDirectory,
        eventLoopGroup: any EventLoopGroup,
        observer: (any CallObserver)?,
        logger: Logger
    ) {
        self.configuration = configuration
        self.dataDirectory = dataDirectory
        self.eventLoopGroup = eventLoopGroup
        self.observer = observer
        self.logger = logger
    }
}
