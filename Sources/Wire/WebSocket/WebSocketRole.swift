/// The end of the connection that we are; it decides who masks and who closes TCP first.
package enum WebSocketRole: Sendable, Equatable, CaseIterable {
    /// Takes masked frames, sends unmasked ones, closes TCP first.
    case server
    /// Sends masked frames, takes unmasked ones, waits for the server to close TCP.
    case client
}
