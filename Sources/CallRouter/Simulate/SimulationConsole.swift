import CallActors
import Foundation
import StandIns
import Synchronization

/// Prints a simulation for people: the conversations as they grow, or a line of progress, and the results.
final class SimulationConsole: Sendable {
    private struct State {
        /// Turns that may still change or get one before them, by call and item.
        var unsettled: [String: [String: TranscriptLine]] = [:]
        /// The numbers of the calls, in the order in which they spoke up.
        var numbers: [String: Int] = [:]
        var finished = 0
        var failed = 0
    }

    /// With more calls than this their conversations are not printed.
    private static let conversationLimit = 4

    private let isJSON: Bool
    private let callCount: Int
    private let showsProgress: Bool
    private let state = Mutex(State())

    init(isJSON: Bool, callCount: Int) {
        self.isJSON = isJSON
        self.callCount = callCount
        self.showsProgress = !isJSON && callCount > Self.conversationLimit && isatty(2) == 1
    }

    private var showsConversations: Bool { !self.isJSON && self.callCount <= Self.conversationLimit }

    // MARK: - While calls are played

    /// Takes a turn; earlier ones of the call are printed, since they change no more.
    func turn(itemID: String, line: TranscriptLine, callID: String) {
        guard self.showsConversations, !line.content.isEmpty else { return }
        self.state.withLock { state in
            var turns = state.unsettled[callID] ?? [:]
            turns[itemID] = line
            let settled = turns.filter { $0.value.at < line.at }
            for id in settled.keys { turns[id] = nil }
            state.unsettled[callID] = turns
            self.print(settled.values, of: callID, &state)
        }
    }

    /// Prints what is left of a call's conversation.
    func settle(callID: String) {
        guard self.showsConversations else { return }
        self.state.withLock { state in
            let rest = state.unsettled.removeValue(forKey: callID) ?? [:]
            self.print(rest.values, of: callID, &state)
        }
    }

    /// Counts a call that is over.
    func finished(_ result: CallResult) {
        let (finished, failed) = self.state.withLock { state in
            state.finished += 1
            state.failed += result.isOK ? 0 : 1
            return (state.finished, state.failed)
        }
        guard self.showsProgress else { return }
        let end = finished == self.callCount ? "\n" : ""
        Self.write("\r\u{1B}[K\(finished) of \(self.callCount) calls over, \(failed) failed\(end)", to: .standardError)
    }

    private func print(_ lines: some Collection<TranscriptLine>, of callID: String, _ state: inout State) {
        let number = state.numbers[callID] ?? state.numbers.count + 1
        state.numbers[callID] = number
        let prefix = self.callCount == 1 ? "" : "[\(number)] "
        for line in lines.sorted(by: { $0.at < $1.at }) {
            let speaker = line.role == .assistant ? "AI:     " : "Caller: "
            Self.write("\(prefix)\(speaker)\(line.content)\(line.interrupted ? " —" : "")\n", to: .standardOutput)
        }
    }

    // MARK: - Afterwards

    func printJSON(_ results: [CallResult]) {
        Self.write(StandInJSON.array(results.map(\.json)).text + "\n", to: .standardOutput)
    }

    func note(_ text: String) { Self.write(text + "\n", to: .standardError) }

    /// A table of the calls, and how fast they were.
    func printSummary(_ results: [CallResult]) {
        var text = self.showsConversations ? "\n" : ""
        text += "call  ok   outcome        end reason       length   turns (ms)\n"
        // Of very many calls only those that failed are worth a line each.
        let rows = results.count <= 50 ? results : results.filter { !$0.isOK }
        for result in rows {
            let cells = [
                Self.cell(String(result.number), 6), Self.cell(result.isOK ? "yes" : "NO", 5),
                Self.cell(result.outcome ?? "–", 15), Self.cell(result.endReason ?? "–", 17),
                Self.cell("\(CallResult.milliseconds(result.length) / 1000) s", 9),
                result.turnLatencies.map { String(CallResult.milliseconds($0)) }.joined(separator: " "),
            ]
            text += cells.joined() + "\n"
            if !result.bargeIns.isEmpty { text += Self.detail("barge-in", result.bargeIns) }
            if !result.reasonings.isEmpty { text += Self.detail("reasoning", result.reasonings) }
            if let path = result.recordingPath { text += "      recording \(path)\n" }
            for problem in result.problems { text += "      ! \(problem)\n" }
        }
        let failed = results.filter { !$0.isOK }.count
        text += "\n\(results.count) calls, \(failed) failed\n"
        text += Self.percentiles("turn latency", results.flatMap(\.turnLatencies))
        text += Self.percentiles("barge-in", results.flatMap(\.bargeIns))
        text += Self.percentiles("reasoning", results.flatMap(\.reasonings))
        Self.write(text, to: .standardOutput)
    }

    private static func detail(_ name: String, _ durations: [Duration]) -> String {
        let values = durations.map { String(CallResult.milliseconds($0)) }.joined(separator: " ")
        return "      \(name) \(values) ms\n"
    }

    /// Nearest-rank percentiles.
    private static func percentiles(_ name: String, _ durations: [Duration]) -> String {
        guard !durations.isEmpty else { return "" }
        let sorted = durations.sorted()
        func value(_ share: Double) -> String {
            let rank = max(1, Int((share * Double(sorted.count)).rounded(.up)))
            return "\(CallResult.milliseconds(sorted[rank - 1])) ms"
        }
        return "\(Self.cell(name, 14)) p50 \(value(0.5)), p95 \(value(0.95)), max \(value(1))\n"
    }

    private static func cell(_ text: String, _ width: Int) -> String {
        text.count >= width ? text + " " : text + String(repeating: " ", count: width - text.count)
    }

    /// A reader that has gone away is not our failure.
    private static func write(_ text: String, to handle: FileHandle) {
        try? handle.write(contentsOf: Data(text.utf8))
    }
}
