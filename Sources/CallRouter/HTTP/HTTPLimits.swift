/// How long and how large things may get on one HTTP connection.
package struct HTTPLimits: Sendable {
    /// The longest request body, in bytes; a carrier's form is below 4 KiB, a JSON body below 64 KiB.
    package var bodyByteCount = 64 * 1024
    /// All header fields of a request together, in bytes.
    package var headerByteCount = 32 * 1024
    /// From the first byte of a request (or the connection) to its last.
    package var requestTime = Duration.seconds(10)
    /// A kept connection without a request; longer than the 60 s after which load balancers let go.
    package var idleTime = Duration.seconds(75)
    /// A part of a response that the peer does not take.
    package var writeTime = Duration.seconds(30)
    /// How long a peer may go on sending after it was told that the connection ends.
    package var lingerTime = Duration.seconds(2)
    /// Between two signs of life on a response that waits for events; shorter than ``writeTime``.
    package var heartbeatTime = Duration.seconds(15)
    /// HTTP connections at a time, media streams not counted; above it, new ones are closed at once.
    package var connectionCount = 4096

    package init() {}
}
