import Foundation
import NIOHTTP1
import NIOPosix
import StandIns
import Testing

@testable import CallRouter

@Suite("What a check finds on the network", .timeLimit(.minutes(1)))
struct CheckNetworkTests {
    private static let group = MultiThreadedEventLoopGroup.singleton

    // MARK: - The public address

    private static let health: StandInJSON = ["status": "healthy", "activeCalls": 0, "uptime": 1.5]

    /// What a check says of a server that answers in this way.
    private func findings(
        streamAuth: StreamAuth = .token,
        health: LoopbackResponse = .json(Self.health),
        upgrade: LoopbackServer.Upgrade
    ) async throws -> [Finding] {
        let server = try await LoopbackServer.start(
            behaviour: LoopbackServer.Behaviour(
                upgrade: { _ in upgrade },
                respond: { request in
                    request.path == "/calls/health" ? health : LoopbackResponse(status: .notFound)
                }
            )
        )
        let check = PublicURLCheck(
            publicURL: try PublicURL("http://127.0.0.1:\(server.port)/calls"),
            streamAuth: streamAuth,
            eventLoopGroup: Self.group,
            timeout: .seconds(2)
        )
        let findings = await check.findings()
        await server.stop()
        return findings
    }

    @Test("a public address that answers and passes upgrades is well")
    func open() async throws {
        let findings = try await self.findings(upgrade: .accept)
        #expect(findings.map(\.grade) == [.ok, .ok])
        #expect(findings.last?.detail.contains("/calls/media-stream opens a WebSocket") == true)
    }

    @Test(
        "a proxy that answers the page and not the upgrade is a warning with what to set",
        arguments: [400, 404, 426, 200, 502]
    )
    func refused(status: Int) async throws {
        let refusal = LoopbackResponse(status: .init(statusCode: status), headers: ["Content-Length": "0"])
        let findings = try await self.findings(upgrade: .refuse(refusal))
        #expect(findings.map(\.grade) == [.ok, .warning])
        #expect(findings.last?.detail.contains("HTTP \(status)") == true)
        #expect(findings.last?.detail.contains("proxy_set_header Upgrade") == true)
    }

    @Test("an unsigned upgrade that is refused where signatures are wanted has reached the router")
    func signature() async throws {
        let refusal = LoopbackServer.Upgrade.refuse(
            LoopbackResponse(status: .forbidden, headers: ["Content-Length": "0"])
        )
        #expect(try await self.findings(streamAuth: .signature, upgrade: refusal).map(\.grade) == [.ok, .ok])
        #expect(try await self.findings(upgrade: refusal).map(\.grade) == [.ok, .warning])
    }

    @Test("a proxy that swallows the upgrade is a warning, and so is one that is busy")
    func silent() async throws {
        let hanging = LoopbackResponse(status: .ok, steps: [.hang], delay: .seconds(3600))
        #expect(try await self.findings(upgrade: .refuse(hanging)).map(\.grade) == [.ok, .warning])
        let busy = LoopbackResponse(status: .serviceUnavailable, headers: ["Content-Length": "0"])
        let findings = try await self.findings(upgrade: .refuse(busy))
        #expect(findings.last?.grade == .warning && findings.last?.detail.contains("for now") == true)
    }

    @Test("where no router answers, the upgrade is not tried, and it is a warning")
    func unreachable() async throws {
        let page = LoopbackResponse.json(["hello": "world"])
        let other = try await self.findings(health: page, upgrade: .accept)
        #expect(other.map(\.grade) == [.warning])
        #expect(other.first?.detail.contains("not as a router") == true)
        let server = try await LoopbackServer.start(behaviour: .init(respond: { _ in page }))
        let url = try PublicURL("http://127.0.0.1:\(server.port)")
        await server.stop()
        let down = await PublicURLCheck(publicURL: url, streamAuth: .token, eventLoopGroup: Self.group).findings()
        #expect(down.map(\.grade) == [.warning])
        let none = await PublicURLCheck(publicURL: nil, streamAuth: .token, eventLoopGroup: Self.group).findings()
        #expect(none.map(\.grade) == [.warning])
    }

    // MARK: - The clock

    /// What a check says of servers whose clocks differ from ours by so many seconds; nil tells no time.
    private func clock(_ offsets: [Int?], headers: HTTPHeaders = [:]) async throws -> Finding {
        var servers: [LoopbackServer] = []
        for offset in offsets {
            servers.append(
                try await LoopbackServer.start(
                    behaviour: .init(respond: { _ in
                        var headers = headers
                        headers.add(name: "Content-Length", value: "0")
                        if let offset {
                            let second = Int(Date().timeIntervalSince1970) + offset
                            headers.add(name: "Date", value: HTTPDate.text(second: second))
                        }
                        return LoopbackResponse(status: .unauthorized, headers: headers)
                    })
                )
            )
        }
        let addresses = servers.map { "http://127.0.0.1:\($0.port)" }
        let finding = await ClockCheck(servers: addresses, eventLoopGroup: Self.group).finding()
        for server in servers { await server.stop() }
        return finding
    }

    @Test("the clock is compared with the dates of the providers' answers")
    func skew() async throws {
        #expect(try await self.clock([0, 0, 0]).grade == .ok)
        #expect(try await self.clock([0, nil, 0]).grade == .ok)
        let behind = try await self.clock([3600, 3600, 3600])
        #expect(behind.grade == .warning && behind.detail.contains("s behind that of the providers"))
        let ahead = try await self.clock([-3600, -3600, 0])
        #expect(ahead.grade == .warning && ahead.detail.contains("s ahead of that of the providers"))
        #expect(ahead.detail.contains("timedatectl"))
    }

    @Test("without a date, or with one out of a cache, nothing is compared, and that is told")
    func noDate() async throws {
        #expect(try await self.clock([nil]).detail.contains("not compared"))
        #expect(try await self.clock([3600], headers: ["Age": "3600"]).detail.contains("not compared"))
        #expect(try await self.clock([]).grade == .warning)
    }

    @Test("the servers of a configuration are asked for the time, whatever their paths")
    func servers() throws {
        let configuration = try RouterFixture.configuration([
            "ANTHROPIC_BASE_URL": "https://proxy.example:8443/claude", "SIGNALWIRE_SPACE_URL": "x.signalwire.com",
            "SIGNALWIRE_PROJECT_ID": "p", "SIGNALWIRE_API_TOKEN": "t", "SIGNALWIRE_PHONE_NUMBER": "+15551230000",
        ])
        #expect(
            ClockCheck(configuration: configuration, eventLoopGroup: Self.group).servers == [
                "https://api.openai.com", "https://proxy.example:8443", "https://x.signalwire.com",
            ]
        )
    }
}
