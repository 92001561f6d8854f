import CallActors
import Foundation
import Logging
import NIOPosix
import StandIns
import Testing
import Wire

@testable import CallRouter

/// A real Redis, the official client, and workers of ours for one test.
struct QueueBed: Sendable {
    let server: RedisServer
    let client: OfficialClient
    let metering = FakeMetering()

    init(_ options: [String] = [], isSecure: Bool = false) async throws {
        self.server = try await RedisServer.running(options, isSecure: isSecure)
        self.client = try OfficialClient(self.server)
    }

    /// A second official client, in a process of its own.
    func anotherClient() throws -> OfficialClient { try OfficialClient(self.server) }

    /// As quick as tests want it, and otherwise as by default.
    static var settings: QueueSettings {
        var settings = QueueSettings()
        settings.gateInterval = .milliseconds(10)
        return settings
    }

    func worker(
        _ handler: ScriptedHandler,
        pace: QueuePace = QueuePace(perSecond: 1_000),
        settings: QueueSettings = Self.settings,
        logger: Logger = .silent,
        redis: RedisConfiguration? = nil
    ) throws -> QueueWorker {
        var configuration = try redis ?? RedisConfiguration(url: self.server.url)
        // A machine with much to do is no outage.
        configuration.connectTimeout = .seconds(60)
        configuration.commandTimeout = .seconds(60)
        return QueueWorker(
            name: "calls",
            redis: configuration,
            on: MultiThreadedEventLoopGroup.singleton,
            handler: handler,
            pace: pace,
            settings: settings,
            metering: self.metering,
            logger: logger
        )
    }

    /// The queue as a worker sees it, for a worker that a test plays itself.
    func queue() throws -> JobQueue {
        var configuration = try RedisConfiguration(url: self.server.url)
        configuration.connectTimeout = .seconds(60)
        configuration.commandTimeout = .seconds(60)
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        return JobQueue(
            client: RedisClient(configuration, on: loop),
            blockingClient: RedisClient(configuration, on: loop),
            keys: QueueKeys(queue: "calls", prefix: "bull"),
            now: { Date() }
        )
    }

    /// Runs a worker beside `body`, and stops it as the end of the process does.
    func running(_ worker: QueueWorker, _ body: () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await worker.run() }
            defer { group.cancelAll() }
            try await body()
        }
    }
}

extension JSONDocument {
    /// The whole number under a key.
    func count(_ key: String) -> Int? { self[key]?.double.map { Int($0) } }

    /// The text under a key.
    func text(_ key: String) -> String? { self[key]?.lenientText }

    /// The elements of a list under a key; empty where there is none.
    func list(_ key: String) -> [JSONDocument] {
        guard case .array(let elements) = self[key] else { return [] }
        return elements
    }
}
