import ArgumentParser
import CShims
import Foundation
import Logging
import UnixSignals

/// `CallRouter serve`: runs the router until a signal has drained it.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run the router (also without a subcommand).",
        discussion: """
            SIGTERM or SIGINT drains and then stops; a second one ends live calls at once. SIGUSR1 drains without \
            stopping, SIGUSR2 takes it back.

            Exit codes: 0 after a drain, 69 where it cannot start (port taken, DATA_DIR in use), 78 bad configuration.
            """
    )

    func run() async throws {
        let configuration = try ConfigurationLoader.load()
        let reporter = FailureReporter(configuration)
        let sink = LoggingSetup.bootstrap(configuration.logging, reporter: reporter)
        defer { sink.flush() }
        // A log or a peer that has gone away must not end the calls.
        signal(SIGPIPE, SIG_IGN)
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sigusr1, .sigusr2)
        let logger = Logger(label: "CallRouter")
        logger.notice("Starting", metadata: ["version": "\(RouterVersion.current)", "pid": "\(getpid())"])
        let router = RouterProcess(
            configuration: configuration,
            logger: logger,
            assemble: { context throws(StartError) in
                let parts = try await RouterAssembly.assemble(context)
                // Before the rehearsal: what that touches, calls will use.
                Self.forgetStart()
                return parts
            },
            onOverdue: {
                reporter?.flush(limit: .milliseconds(200))
                sink.flush(limit: .milliseconds(200))
                // Not `exit`: its handlers would wait for what is stuck.
                _exit(0)
            }
        )
        let failure = await withTaskGroup(of: Void.self) { group in
            if let reporter { group.addTask { await reporter.run() } }
            let failure = await Self.run(router, signals)
            if let failure { logger.critical("\(failure)", error: failure) } else { logger.notice("Stopped") }
            reporter?.finish(within: router.isHurried ? Self.hurriedReports : Self.lastReports)
            return failure
        }
        if failure != nil { throw ExitCodes.unavailable }
    }

    /// Gives back what of the program's code and that of its libraries only the start needed.
    ///
    /// It is a third of what is resident then. Libraries that every call uses stay.
    private static func forgetStart() {
        #if os(Linux)
        let names = [
            "libswiftCore", "libswift_Concurrency", "libFoundationEssentials", "libsqlite3", "libc.so", "ld-linux",
        ]
        let kept = names.map { strdup($0) }
        defer { kept.forEach { free($0) } }
        var list = kept.map { UnsafePointer($0) } + [nil]
        cshims_release_code_pages(&list)
        #endif
    }

    /// How long failures that are not reported yet may keep the process.
    private static let lastReports = Duration.seconds(2)
    /// The same where the end was asked for twice; the contract allows 5 s for all of it.
    private static let hurriedReports = Duration.milliseconds(300)

    private static func run(_ router: RouterProcess, _ signals: UnixSignalsSequence) async -> StartError? {
        await withTaskGroup(of: StartError?.self) { group in
            group.addTask {
                for await signal in signals { Self.pass(signal, to: router) }
                return nil
            }
            defer { group.cancelAll() }
            do throws(StartError) {
                try await router.run()
                return StartError?.none
            } catch {
                return error
            }
        }
    }

    private static func pass(_ signal: UnixSignal, to router: RouterProcess) {
        switch signal {
        case .sigusr1: router.hold()
        case .sigusr2: router.release()
        default: router.beginDrain()
        }
    }
}
