import Foundation
import Logging
import NIOCore
import Wire

/// Looks at everything that a router needs, without starting one.
struct RouterCheck: Sendable {
    /// No provider may take longer.
    static let timeout = Duration.seconds(10)

    let configuration: RouterConfiguration
    let eventLoopGroup: any EventLoopGroup

    /// Makes the checks one after the other, and reports each finding as it is made.
    func run(report: (Finding) -> Void) async {
        for warning in self.configuration.warnings { report(.warning("configuration", warning)) }
        for finding in ModelNames.findings(self.configuration) { report(finding) }
        report(await self.voiceModel())
        for finding in await self.claude() { report(finding) }
        for finding in await CarrierCheck(configuration: self.configuration, eventLoopGroup: self.eventLoopGroup)
            .findings()
        { report(finding) }
        if let finding = SigningKeyCheck.finding(self.configuration) { report(finding) }
        report(await ClockCheck(configuration: self.configuration, eventLoopGroup: self.eventLoopGroup).finding())
        report(self.store())
        if let supabase = self.configuration.supabase {
            for finding in await SupabaseCheck(settings: supabase, eventLoopGroup: self.eventLoopGroup).findings() {
                report(finding)
            }
        }
        if let url = self.configuration.dialling.redisURL {
            let queue = QueueCheck(
                url: url,
                queue: self.configuration.dialling.queue,
                eventLoopGroup: self.eventLoopGroup
            )
            for finding in await queue.findings() { report(finding) }
        }
        if let dsn = self.configuration.sentryDSN {
            report(await SentryCheck(dsn: dsn, eventLoopGroup: self.eventLoopGroup).finding())
        }
        for finding in MachineCheck(configuration: self.configuration).findings() { report(finding) }
        for finding in DrainCheck(configuration: self.configuration).findings() { report(finding) }
        let publicURL = PublicURLCheck(
            publicURL: self.configuration.publicURL,
            streamAuth: self.configuration.streams.auth,
            eventLoopGroup: self.eventLoopGroup
        )
        for finding in await publicURL.findings() { report(finding) }
    }

    /// Opens the Realtime socket, which costs nothing as long as nothing is said.
    private func voiceModel() async -> Finding {
        let openAI = self.configuration.openAI
        let subject = "OpenAI"
        let dialect = RealtimeDialect()
        let visitor: WebSocketVisitor
        let started = ContinuousClock.now
        do {
            let client = try RouterAssembly.webSocketClient(for: openAI.url)
            visitor = try await WebSocketVisitor(
                client,
                url: dialect.address(base: openAI.url.string, model: openAI.model),
                headers: dialect.headers(apiKey: openAI.apiKey.value, safetyIdentifier: nil),
                on: self.eventLoopGroup.any(),
                timeout: Self.timeout
            )
        } catch WebSocketConnectError.refused(let status) {
            return .failed(
                subject,
                "the connection was refused (HTTP \(status)). Check OPENAI_API_KEY, OPENAI_REALTIME_MODEL and "
                    + "OPENAI_REALTIME_URL."
            )
        } catch {
            return .failed(subject, "\(error) Check OPENAI_REALTIME_URL and outbound port 443.")
        }
        let duration = started.duration(to: .now)
        defer { visitor.close() }
        // A wrong model or an empty account is told in the first message.
        switch await visitor.next(within: .seconds(3)) {
        case .message(let text):
            if case .error(let error) = try? dialect.decode(text) {
                return .failed(
                    subject,
                    "the session ended with an error (\(error.code ?? error.type ?? "unknown")). Check "
                        + "OPENAI_REALTIME_MODEL and the account's limits."
                )
            }
        case .closed(let close):
            return .failed(
                subject,
                "the session was closed at once (\(close.code.map(String.init) ?? "no code")). Check the account's limits."
            )
        case nil: break
        }
        return .ok(subject, "\(openAI.model) answers, connected in \(duration.milliseconds) ms")
    }

    /// Looks the models up, which costs no tokens.
    private func claude() async -> [Finding] {
        let anthropic = self.configuration.anthropic
        let client = AnthropicClient(
            baseURL: anthropic.baseURL.string,
            apiKey: anthropic.apiKey.value,
            eventLoopGroup: self.eventLoopGroup,
            logger: Self.silence
        )
        var findings: [Finding] = []
        let models =
            anthropic.model == anthropic.reasoningModel
            ? [anthropic.model] : [anthropic.reasoningModel, anthropic.model]
        for model in models {
            let started = ContinuousClock.now
            do throws(AnthropicError) {
                let told = try await client.model(model, timeout: Self.timeout)
                let duration = started.duration(to: .now).milliseconds
                let isThere = Finding.ok("Claude", "\(model) is there, answered in \(duration) ms")
                findings.append(
                    ModelNames.finding(model: model, lifecycle: told.lifecycle, retiresAt: told.retiresAt) ?? isThere
                )
            } catch {
                findings.append(.failed("Claude", "\(model): \(error)"))
            }
        }
        await client.shutdown()
        return findings
    }

    /// Locks the data directory and opens the store; a running router holds the lock, and then its store is open.
    private func store() -> Finding {
        let directory = self.configuration.storage.directory
        let subject = "DATA_DIR"
        do throws(DataDirectoryError) {
            let lock = try DataDirectoryLock(path: directory)
            defer { withExtendedLifetime(lock) {} }
            do throws(StoreOpenError) {
                _ = try SQLiteStore(directory: directory, metering: nil, logger: Self.silence)
            } catch {
                return .failed(subject, error.description)
            }
            return .ok(subject, "\(directory) can be written, and the store in it opens")
        } catch .inUse {
            return .ok(subject, "\(directory) is in use by a running router")
        } catch {
            return .failed(subject, error.description)
        }
    }

    private static let silence = Logger(label: "check") { _ in SwiftLogNoOpLogHandler() }
}

extension Duration {
    /// Whole milliseconds, rounded down.
    var milliseconds: Int { Int(self / .milliseconds(1)) }
}
