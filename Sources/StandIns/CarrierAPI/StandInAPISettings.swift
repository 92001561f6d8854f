/// How the REST API of the stand-in carrier behaves.
package struct StandInAPISettings: Sendable {
    /// The password of Basic authentication; the user is the account.
    package var apiToken = "PT-stand-in"
    /// Calls a second that the carrier starts; nil for no limit.
    ///
    /// It queues what is asked for beyond.
    package var callsPerSecond: Double?
    /// Calls that may wait in that queue.
    package var queueLimit = 10_000
    /// Errors come as `{"errors":[…]}`, one of the two shapes that SignalWire has.
    package var listsErrors = false

    package init() {}
}
