/// Why a stream token is refused.
package enum StreamTokenError: Error, Sendable, Equatable, CustomStringConvertible {
    /// It is not of the form of our tokens.
    case malformed
    /// It was changed, or signed with another secret.
    case badSignature
    /// It was good once.
    case expired

    package var description: String {
        switch self {
        case .malformed: "The stream token is none of this router. Take it from the call's document as it stands there."
        case .badSignature:
            "The stream token was signed with another secret. Give all routers of a fleet the same STREAM_TOKEN_SECRET."
        case .expired: "The stream token has expired. Fetch the call's document again for a new one."
        }
    }
}
