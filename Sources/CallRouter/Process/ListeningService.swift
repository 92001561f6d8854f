import Foundation
import NIOCore
import ServiceLifecycle

/// A server as a service, whose failure to listen names its address and port.
struct ListeningService: Service {
    private let address: String
    private let port: Int
    private let serve: @Sendable () async throws -> Void

    init(address: String, port: Int, serve: @escaping @Sendable () async throws -> Void) {
        self.address = address
        self.port = port
        self.serve = serve
    }

    func run() async throws {
        do {
            try await self.serve()
        } catch let error as IOError {
            throw self.failure(String(cString: strerror(error.errnoCode)))
        } catch let error as SocketAddressError {
            throw self.failure("\(error)")
        }
    }

    private func failure(_ reason: String) -> StartError {
        .cannotListen(address: self.address, port: self.port, reason: reason)
    }
}
