import Wire

/// Which carrier the stand-in plays, and where the router is.
package struct CarrierSettings: Sendable {
    /// The differences between the two carriers' messages.
    package enum Dialect: Sendable, Equatable { case signalWire, twilio }

    package var dialect = Dialect.signalWire
    /// The port of the router on 127.0.0.1.
    package var routerPort: Int
    /// The router's `PUBLIC_URL`: what lies below its authority is reached at ``routerPort``, as through a proxy; nil
    /// for the router's own address.
    package var publicURL: String?
    /// Signs document fetches and callbacks (and, as Twilio, the upgrade) where there is one.
    package var signingKey: String?
    package var accountSID = "b08dacad-2f6c-4de1-93d6-cc732e0c69c5"
    /// The number that is called.
    package var ownNumber = "+15555550100"
    /// The format of the stream where the document names no codec.
    package var format = AudioFormat.pcmu
    /// Fetched where a document cannot be had.
    package var fallbackURL: String?
    /// Told the call's states, as a number's status callback is.
    package var statusCallbackURL: String?
    /// How long a `<Say>` takes: a character's time.
    ///
    /// The carrier's own voice is not heard by anyone here.
    package var sayCharacterTime = Duration.milliseconds(20)
    /// What becomes of a call, or of a `<Dial>`, to a number that ``StandInCarrier/script(_:_:)`` does not name.
    package var callee = Callee.person
    /// The wait before a callback that was not taken is tried again; three tries in all.
    package var callbackRetryGap = Duration.milliseconds(200)

    package init(routerPort: Int) {
        self.routerPort = routerPort
    }

    /// Scheme and authority under which the carrier knows the router.
    var publicBase: String { self.publicURL ?? "http://127.0.0.1:\(self.routerPort)" }
}
