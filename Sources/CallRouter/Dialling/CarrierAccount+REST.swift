import Logging
import NIOCore
import Wire

extension CarrierAccount {
    /// Opens the REST API of this account; the client must be shut down before the process ends.
    package func makeClient(on eventLoopGroup: any EventLoopGroup, logger: Logger) -> CarrierRESTClient {
        switch self {
        case .signalWire(let projectID, let apiToken, let space, _):
            CarrierRESTClient(
                dialect: .signalWire,
                baseURL: space.string,
                account: projectID,
                token: apiToken.value,
                eventLoopGroup: eventLoopGroup,
                logger: logger
            )
        case .twilio(let accountSID, let authToken, let baseURL, _):
            CarrierRESTClient(
                dialect: .twilio,
                baseURL: baseURL.string,
                account: accountSID,
                token: authToken.value,
                eventLoopGroup: eventLoopGroup,
                logger: logger
            )
        }
    }

    /// The carrier's control over a client of this account.
    package func control(over client: CarrierRESTClient) -> RESTCarrier {
        switch self {
        case .signalWire: RESTCarrier(client: client, dialect: .signalWire)
        case .twilio: RESTCarrier(client: client, dialect: .twilio)
        }
    }
}
