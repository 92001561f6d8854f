import StandIns

/// How one simulated call came out: one element of `simulate --json`.
struct CallResult: Sendable {
    var number: Int
    var callID: String?
    var scenario: Scenario
    var outcome: String?
    var endReason: String?
    /// The transcript as `GET /v1/calls/{call_id}` shows it.
    var transcript: [StandInJSON] = []
    var turnLatencies: [Duration] = []
    var bargeIns: [Duration] = []
    var reasonings: [Duration] = []
    /// nil where the recording is gone with the temporary directory.
    var recordingPath: String?
    /// From the first ring to the end.
    var length = Duration.zero
    /// What was not as the scenario says; empty for a good call.
    var problems: [String] = []

    var isOK: Bool { self.problems.isEmpty }

    var json: StandInJSON {
        [
            "call_id": StandInJSON(self.callID), "scenario": .string(self.scenario.rawValue), "ok": .bool(self.isOK),
            "outcome": StandInJSON(self.outcome), "end_reason": StandInJSON(self.endReason),
            "transcript": .array(self.transcript), "turn_latency_ms": Self.milliseconds(self.turnLatencies),
            "barge_in_ms": Self.milliseconds(self.bargeIns), "reasoning_ms": Self.milliseconds(self.reasonings),
            "recording_path": StandInJSON(self.recordingPath),
            "error": StandInJSON(self.isOK ? nil : self.problems.joined(separator: "; ")),
        ]
    }

    private static func milliseconds(_ durations: [Duration]) -> StandInJSON {
        .array(durations.map { StandInJSON(Self.milliseconds($0)) })
    }

    /// Whole milliseconds, rounded.
    static func milliseconds(_ duration: Duration) -> Int { Int((duration / .milliseconds(1)).rounded()) }
}
