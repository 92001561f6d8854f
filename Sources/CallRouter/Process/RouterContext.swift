import CallActors
import Logging
import NIOCore

/// What the parts of a router are built from.
package struct RouterContext: Sendable {
    package var configuration: RouterConfiguration
    /// Locked for this process.
    package var dataDirectory: DataDirectoryLock
    /// All loops of the process; a call stays on the one that accepted its stream.
    package var eventLoopGroup: any EventLoopGroup
    /// Follows the calls; nil outside of `simulate`.
    package var observer: (any CallObserver)?
    package var logger: Logger
    /// The process refuses new calls; true from the moment of the signal on.
    package var isDraining: @Sendable () -> Bool

    package init(
        configuration: RouterConfiguration,
        dataDirectory: DataDirectoryLock,
        eventLoopGroup: any EventLoopGroup,
        observer: (any CallObserver)?,
        logger: Logger,
        isDraining: @escaping @Sendable () -> Bool
    ) {
        self.configuration = configuration
        self.dataDirectory = dataDirectory
        self.eventLoopGroup = eventLoopGroup
        self.observer = observer
        self.logger = logger
        self.isDraining = isDraining
    }
}
