import CallActors
import Foundation
import Logging
import NIOPosix
import Testing
import Wire

@testable import CallRouter

@Suite struct OutboundAssemblyTests {
    private let directory: TemporaryDirectory
    private let lock: DataDirectoryLock
    private let store: SQLiteStore
    private static let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

    init() throws {
        self.directory = try TemporaryDirectory()
        self.lock = try DataDirectoryLock(path: self.directory.path)
        self.store = try SQLiteStore(directory: self.directory.path, metering: nil, logger: Self.logger)
    }

    private func assembly(_ environment: [String: String] = [:], hasCarrier: Bool = true) throws -> OutboundAssembly {
        var variables = [
            "OPENAI_API_KEY": "k", "ANTHROPIC_API_KEY": "k", "PUBLIC_URL": "http://127.0.0.1:8080/prefix",
            "CALLING_HOURS": "off",
        ]
        if hasCarrier {
            variables["SIGNALWIRE_PROJECT_ID"] = "project"
            variables["SIGNALWIRE_API_TOKEN"] = "token"
            variables["SIGNALWIRE_SPACE_URL"] = "http://127.0.0.1:9"
            variables["SIGNALWIRE_PHONE_NUMBER"] = "+15550001111"
        }
        variables.merge(environment) { $1 }
        let context = RouterContext(
            configuration: try RouterConfiguration(environment: variables),
            dataDirectory: self.lock,
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            observer: nil,
            logger: Self.logger,
            isDraining: { false }
        )
        return OutboundAssembly(context, store: self.store)
    }

    private func record(_ direction: CallRecord.Direction, number: String = "+12125550123") -> CallRecord {
        var record = CallRecord(callID: "call", direction: direction, status: .inProgress, createdAt: Date())
        if direction == .inbound { record.from = number } else { record.to = number }
        return record
    }

    @Test("documents for the carrier have the public address, with identifiers and keys encoded")
    func documents() async throws {
        let outbound = try self.assembly()
        let actions = try #require(outbound.actions)
        #expect(actions.url("a/b", .transfer) == "http://127.0.0.1:8080/prefix/laml/call/a%2Fb/transfer")
        #expect(actions.url("c", .digits("1#w")) == "http://127.0.0.1:8080/prefix/laml/call/c/resume?digits=1%23w")
        await outbound.client?.shutdown()
    }

    @Test("without an account a call has no tools beyond talking")
    func noAccount() throws {
        let outbound = try self.assembly(["TRANSFER_NUMBERS": "+12125550100"], hasCarrier: false)
        if outbound.actions != nil { Issue.record("there is no account") }
        #expect(outbound.tools(for: self.record(.outbound)) == CallTools())
    }

    @Test("a call may be handed only to numbers that may be called, and menus are walked in calls of ours")
    func tools() async throws {
        let outbound = try self.assembly(["TRANSFER_NUMBERS": "+12125550100,+442071234567,+19005550100"])
        let moment = Date(timeIntervalSince1970: 1_795_366_800)  // 2026-11-22 18:20 UTC.
        let tools = outbound.tools(for: self.record(.outbound), at: moment)
        #expect(tools.transferNumbers == ["+12125550100"])
        #expect(tools.sendsKeypad && tools.schedulesCallbacks)
        let time = try #require(tools.localTime)
        #expect(time.contains("America/New_York") && time.contains("-05:00"))
        #expect(!outbound.tools(for: self.record(.inbound)).sendsKeypad)
        let stranger = outbound.tools(for: self.record(.inbound, number: "anonymous"))
        #expect(!stranger.schedulesCallbacks && stranger.localTime == nil)
        await outbound.client?.shutdown()
    }

    @Test("an opt-out is stored in its normal form")
    func optOut() async throws {
        let outbound = try self.assembly()
        #expect(await outbound.optOut("+1 (212) 555-0123"))
        #expect(try await self.store.isOptedOut("+12125550123"))
        await outbound.client?.shutdown()
    }

    @Test("a callback that nobody can order is refused in words for the model")
    func callback() async throws {
        let outbound = try self.assembly()
        let tomorrow = Date(timeIntervalSinceNow: 86_400)
        guard case .refused = await outbound.scheduleCallback(self.record(.outbound), at: tomorrow, note: "roof") else {
            Issue.record("there is no desk yet")
            return
        }
        await outbound.client?.shutdown()
    }
}
