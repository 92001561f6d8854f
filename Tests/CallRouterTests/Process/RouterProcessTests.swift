import CallActors
import Foundation
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import CallRouter

@Suite("The life of a router")
struct RouterProcessTests {
    /// A router of fakes, and what happens to it in order.
    private final class Harness: Sendable {
        let switchboard = FakeSwitchboard()
        let store = FakeStore()
        let notes = Mutex<[String]>([])
        let ready: AsyncStream<BoundPorts>
        private let readySource: AsyncStream<BoundPorts>.Continuation
        let router: RouterProcess

        init(_ environment: [String: String] = [:], directory: String) throws {
            (self.ready, self.readySource) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(1))
            let (switchboard, store, readySource) = (self.switchboard, self.store, self.readySource)
            let notes = Notes()
            self.log = notes
            self.router = RouterProcess(
                configuration: try RouterFixture.configuration(
                    ["DATA_DIR": directory].merging(environment) { _, new in new }
                ),
                logger: RouterFixture.logger,
                eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
                assemble: { context in
                    notes.add("assembled in \(context.dataDirectory.path == directory ? "the directory" : "elsewhere")")
                    return RouterParts(
                        switchboard: switchboard,
                        store: store,
                        media: FakeMedia(),
                        tokens: FakeTokens(),
                        webhooks: nil,
                        metering: RouteMetering(),
                        renderMetrics: { "metric 1\n" },
                        refusal: "no",
                        apology: "sorry",
                        companions: [{ await notes.companion() }],
                        settle: { _ in notes.add("settled") },
                        close: { notes.add("closed") }
                    )
                },
                onReady: { readySource.yield($0) },
                onOverdue: { notes.add("overdue") }
            )
        }

        let log: Notes

        func bound() async throws -> BoundPorts { try #require(await self.ready.first { _ in true }) }
    }

    final class Notes: Sendable {
        private let list = Mutex<[String]>([])

        var all: [String] { self.list.withLock { $0 } }
        func add(_ note: String) { self.list.withLock { $0.append(note) } }

        /// Work that ends when it is cancelled.
        func companion() async {
            let (stream, source) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingOldest(1))
            for await _ in stream {}
            source.finish()
            self.add("companion cancelled")
        }
    }

    /// Runs a router while `body` acts on it.
    private func run(
        _ environment: [String: String] = [:],
        _ body: @escaping @Sendable (Harness) async throws -> Void
    ) async throws -> Harness {
        let directory = NSTemporaryDirectory() + "router-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let harness = try Harness(environment, directory: directory)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await harness.router.run() }
            try await body(harness)
            try await group.waitForAll()
        }
        return harness
    }

    private func get(_ port: Int, _ path: String) async throws -> String {
        let client = try await RawClient(port: port)
        try await client.send("GET \(path) HTTP/1.1\r\nHost: router\r\nConnection: close\r\n\r\n")
        return await client.readToEnd()
    }

    /// Waits until the switchboard was asked for something.
    private func wait(for entry: String, on switchboard: FakeSwitchboard) async {
        while !switchboard.log.contains(entry) { await Task.yield() }
    }

    @Test("recovery comes before listening, and the end is: drained, stored, settled, closed")
    func life() async throws {
        let harness = try await self.run { harness in
            let ports = try await harness.bound()
            #expect(ports.metrics == nil)
            #expect(harness.switchboard.log == ["recover"])
            #expect(try await self.get(ports.main, "/ready").hasPrefix("HTTP/1.1 200"))
            harness.router.beginDrain()
        }
        // The servers' end asks for the shutdown once more.
        let expected = ["recover", "refuse calls", "drain 330000", "shutdown", "all stored", "shutdown"]
        #expect(harness.switchboard.log == expected)
        #expect(harness.log.all == ["assembled in the directory", "settled", "companion cancelled", "closed"])
        #expect(harness.store.state.withLock { $0.flushCount } == 1)
    }

    @Test("while live calls drain the port answers, and it closes after the last of them")
    func listenersStay() async throws {
        let port = Mutex(0)
        _ = try await self.run { harness in
            let ports = try await harness.bound()
            port.withLock { $0 = ports.main }
            harness.switchboard.set { $0.activeCallCount = 1 }
            harness.router.beginDrain()
            // True from the moment of the signal on, before anything was carried out.
            #expect(harness.router.isDraining)
            let ready = try await self.get(ports.main, "/ready")
            #expect(ready.hasPrefix("HTTP/1.1 503") && ready.hasSuffix(#"{"status":"draining"}"#))
            #expect(try await self.get(ports.main, "/health").contains(#""status":"draining","activeCalls":1"#))
            #expect(try await self.get(ports.main, "/v1/calls").hasPrefix("HTTP/1.1 200"))
            await self.wait(for: "drain 330000", on: harness.switchboard)
            #expect(!harness.switchboard.log.contains("shutdown"))
            harness.switchboard.loseCalls()
        }
        await #expect(throws: (any Error).self) { try await RawClient(port: port.withLock { $0 }) }
    }

    @Test("a second signal ends the live calls and skips what takes time")
    func secondSignal() async throws {
        let harness = try await self.run { harness in
            _ = try await harness.bound()
            harness.switchboard.set { $0.activeCallCount = 3 }
            harness.router.beginDrain()
            await self.wait(for: "drain 330000", on: harness.switchboard)
            harness.router.beginDrain()
        }
        #expect(harness.switchboard.log.contains("end all"))
        #expect(!harness.log.all.contains("settled"))
        #expect(!harness.log.all.contains("overdue"))
        #expect(harness.store.state.withLock { $0.flushCount } == 1, "what there is, is stored")
    }

    @Test("ending now is both signals in one")
    func endNow() async throws {
        let harness = try await self.run { harness in
            _ = try await harness.bound()
            harness.switchboard.set { $0.activeCallCount = 3 }
            harness.router.endNow()
        }
        #expect(harness.switchboard.log.contains("end all"))
    }

    @Test("holding and releasing go back and forth without an end")
    func hold() async throws {
        let harness = try await self.run { harness in
            let ports = try await harness.bound()
            for _ in 0..<3 {
                harness.router.hold()
                #expect(try await self.get(ports.main, "/ready").hasPrefix("HTTP/1.1 503"))
                harness.router.release()
                #expect(try await self.get(ports.main, "/ready").hasPrefix("HTTP/1.1 200"))
            }
            harness.router.beginDrain()
        }
        // However late the wait of a drain begins: what refuses calls and what takes them back keep their order.
        let switching = harness.switchboard.log.filter { ["refuse calls", "undrain"].contains($0) }
        #expect(
            switching.dropLast() == ["refuse calls", "undrain", "refuse calls", "undrain", "refuse calls", "undrain"]
        )
    }

    @Test("a signal that comes before the router listens still drains it")
    func earlySignal() async throws {
        let directory = NSTemporaryDirectory() + "router-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let harness = try Harness(directory: directory)
        harness.router.beginDrain()
        try await harness.router.run()
        #expect(harness.switchboard.log.contains("shutdown"))
    }

    @Test("a port that is taken is told with its number, and nothing is waited for")
    func portTaken() async throws {
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(listener.localAddress?.port)
        let directory = NSTemporaryDirectory() + "router-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        for environment in [["PORT": "\(port)"], ["METRICS_PORT": "\(port)"]] {
            let harness = try Harness(environment, directory: directory)
            do {
                try await harness.router.run()
                Issue.record("it listened on a taken port")
            } catch {
                #expect(error == .cannotListen(address: "127.0.0.1", port: port, reason: "Address already in use"))
                #expect("\(error)".contains("127.0.0.1:\(port)"))
            }
            #expect(harness.switchboard.log.contains("shutdown"))
            #expect(!harness.log.all.contains("settled"))
            #expect(harness.log.all.contains("closed"))
        }
        try await listener.close()
    }

    @Test("a data directory that another router works on is refused")
    func locked() async throws {
        let directory = NSTemporaryDirectory() + "router-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let lock = try DataDirectoryLock(path: directory)
        let harness = try Harness(directory: directory)
        do {
            try await harness.router.run()
            Issue.record("it ran on a locked directory")
        } catch {
            guard case .dataDirectory(.inUse) = error else {
                Issue.record("\(error)")
                return
            }
        }
        withExtendedLifetime(lock) {}
        #expect(harness.switchboard.log.isEmpty)
    }

    @Test("the metrics have a port of their own")
    func metrics() async throws {
        let free = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(free.localAddress?.port)
        try await free.close()
        _ = try await self.run(["METRICS_PORT": "\(port)"]) { harness in
            let ports = try await harness.bound()
            #expect(ports.metrics == port)
            let text = try await self.get(port, "/metrics")
            #expect(text.hasPrefix("HTTP/1.1 200") && text.hasSuffix("metric 1\n"))
            #expect(text.contains("text/plain; version=0.0.4"))
            #expect(try await self.get(port, "/health").hasPrefix("HTTP/1.1 404"))
            #expect(try await self.get(ports.main, "/metrics").hasPrefix("HTTP/1.1 404"))
            harness.router.beginDrain()
        }
    }
}
