import CallActors

extension MetricsRegistry {
    /// The media type of ``render()``'s text.
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// All metrics in the Prometheus text format 0.0.4.
    ///
    /// Reads `/proc` and the control group's files: some dozen short reads, for a scrape and not for an event loop that
    /// carries calls.
    package func render() -> String {
        var text = MetricsText()
        self.renderCalls(&text)
        self.renderFrames(&text)
        self.renderLatencies(&text)
        self.renderSupervision(&text)
        self.renderProcess(&text)
        return text.text
    }

    private func renderCalls(_ text: inout MetricsText) {
        text.family("callrouter_active_calls", .gauge, "Calls going on now.", Double(self.activeCallCount.value))
        text.family(
            "callrouter_active_connections",
            .gauge,
            "Open sockets to the carrier and to the voice model.",
            label: "peer",
            self.openConnections.values
        )
        text.family(
            "callrouter_calls_total",
            .counter,
            "Calls that are final, by outcome.",
            label: "outcome",
            self.outcomes.values
        )
        text.histogram(
            "callrouter_call_duration_seconds",
            "Length of calls that are over.",
            [(labels: [], histogram: self.callDuration)]
        )
        text.family(
            "callrouter_call_errors_total",
            .counter,
            "Failures of the parts that calls depend on.",
            label: "kind",
            self.errors.values
        )
        text.family(
            "callrouter_rejected_total",
            .counter,
            "Media streams and requests that were refused.",
            label: "reason",
            self.rejections.values
        )
        text.family(
            "callrouter_cost_usd_total",
            .counter,
            "Cost of calls, as far as their prices are known.",
            Double(self.costNanodollars.value) / 1e9
        )
    }

    private func renderFrames(_ text: inout MetricsText) {
        text.family(
            "callrouter_frames_total",
            .counter,
            "Audio messages written.",
            label: "direction",
            [
                (FrameDirection.toModel.rawValue, self.framesToModel.value),
                (FrameDirection.toCarrier.rawValue, self.framesToCarrier.value),
            ]
        )
        let directions = [(FrameDirection.toModel, self.droppedToModel), (.toCarrier, self.droppedToCarrier)]
        text.family(
            "callrouter_frames_dropped_total",
            .counter,
            "Audio messages given up.",
            labels: ("direction", "reason"),
            directions.flatMap { direction, counters in
                counters.values.map { (direction.rawValue, $0.label, $0.value) }
            }
        )
        text.family(
            "callrouter_frames_replayed_total",
            .counter,
            "Audio messages given again to a new model session.",
            Double(self.replayedFrames.value)
        )
        text.family(
            "callrouter_malformed_messages_total",
            .counter,
            "Messages of a peer that could not be used.",
            label: "peer",
            self.malformed.values
        )
    }

    private func renderLatencies(_ text: inout MetricsText) {
        text.histogram(
            "callrouter_relay_seconds",
            "From reading audio on one socket to writing it on the other, without the pacing that is meant.",
            [
                (labels: [("direction", FrameDirection.toModel.rawValue)], histogram: self.relayToModel),
                (labels: [("direction", FrameDirection.toCarrier.rawValue)], histogram: self.relayToCarrier),
            ]
        )
        text.histogram(
            "callrouter_turn_latency_seconds",
            "From the caller's last word to the first audio of the answer written.",
            [(labels: [], histogram: self.turnLatencies)]
        )
        text.histogram(
            "callrouter_barge_in_seconds",
            "From reading that the caller speaks to the clear written.",
            [(labels: [], histogram: self.bargeIns)]
        )
        text.histogram(
            "callrouter_reasoning_seconds",
            "How long advice during a call took.",
            [(labels: [], histogram: self.reasonings)]
        )
        text.family(
            "callrouter_reasoning_fallbacks_total",
            .counter,
            "Questions that got the fallback answer.",
            Double(self.reasoningFallbacks.value)
        )
    }

    private func renderSupervision(_ text: inout MetricsText) {
        let sources = self.sources
        text.family(
            "callrouter_session_restarts_total",
            .counter,
            "Parts of a call that failed and were started again.",
            label: "part",
            self.restarts.values
        )
        text.family(
            "callrouter_sessions_reaped_total",
            .counter,
            "Streams and calls that were given up.",
            label: "reason",
            self.reaps.values
        )
        text.family(
            "callrouter_outbox_pending",
            .gauge,
            "Writes that are not stored yet.",
            Double(sources.outboxPending())
        )
        text.family(
            "callrouter_outbox_oldest_seconds",
            .gauge,
            "How long the oldest of them has waited.",
            sources.outboxOldestAge() / .seconds(1)
        )
        text.family("callrouter_ready", .gauge, "1 while new calls are taken.", sources.isReady() ? 1 : 0)
        text.family("callrouter_draining", .gauge, "1 while draining.", sources.isDraining() ? 1 : 0)
        text.family(
            "callrouter_event_loop_lag_seconds",
            .gauge,
            "How late the worst event loop ran a timer in the last seconds.",
            sources.eventLoopLag() / .seconds(1)
        )
    }

    private func renderProcess(_ text: inout MetricsText) {
        let process = ProcessStatistics.current()
        text.family(
            "callrouter_memory_limit_bytes",
            .gauge,
            "Memory that this process may use: its control group's limit, else the machine's memory.",
            Double(MemoryLimit.current())
        )
        text.family(
            "process_resident_memory_bytes",
            .gauge,
            "Resident memory size in bytes.",
            Double(process.residentByteCount)
        )
        text.family(
            "process_cpu_seconds_total",
            .counter,
            "Total user and system CPU time spent in seconds.",
            process.cpuSeconds
        )
        text.family("process_open_fds", .gauge, "Number of open file descriptors.", Double(process.openDescriptorCount))
        text.family(
            "process_start_time_seconds",
            .gauge,
            "Start time of the process since unix epoch in seconds.",
            process.startTime
        )
    }
}
