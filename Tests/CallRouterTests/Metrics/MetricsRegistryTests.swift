import CallActors
import CallRouter
import Foundation
import Testing

@Suite struct MetricsRegistryTests {
    /// Every family that operators are promised, with its type and the values of its labels.
    private static let promised: [(name: String, type: String, labels: [String: Set<String>])] = [
        ("callrouter_active_calls", "gauge", [:]),
        ("callrouter_active_connections", "gauge", ["peer": ["carrier", "model"]]),
        (
            "callrouter_calls_total", "counter",
            ["outcome": ["goal_achieved", "no_answer", "voicemail", "declined", "error"]]
        ),
        ("callrouter_call_duration_seconds", "histogram", [:]),
        (
            "callrouter_call_errors_total", "counter",
            ["kind": ["carrier", "model", "reasoning", "summary", "store", "queue"]]
        ),
        ("callrouter_frames_total", "counter", ["direction": ["to_model", "to_carrier"]]),
        (
            "callrouter_frames_dropped_total", "counter",
            ["direction": ["to_model", "to_carrier"], "reason": ["overflow", "not_connected", "interrupted"]]
        ),
        ("callrouter_relay_seconds", "histogram", ["direction": ["to_model", "to_carrier"]]),
        ("callrouter_turn_latency_seconds", "histogram", [:]),
        ("callrouter_barge_in_seconds", "histogram", [:]),
        ("callrouter_reasoning_seconds", "histogram", [:]),
        ("callrouter_session_restarts_total", "counter", ["part": ["model", "session"]]),
        ("callrouter_sessions_reaped_total", "counter", ["reason": ["stale", "start_timeout", "stream_lost"]]),
        ("callrouter_malformed_messages_total", "counter", ["peer": ["carrier", "model"]]),
        ("callrouter_outbox_pending", "gauge", [:]),
        ("callrouter_outbox_oldest_seconds", "gauge", [:]),
        (
            "callrouter_rejected_total", "counter",
            [
                "reason": [
                    "unknown_call", "token", "at_capacity", "start_timeout", "draining", "stale", "superseded", "codec",
                    "rate_limited",
                ]
            ]
        ),
        ("callrouter_ready", "gauge", [:]),
        ("callrouter_draining", "gauge", [:]),
        ("callrouter_frames_replayed_total", "counter", [:]),
        ("callrouter_reasoning_fallbacks_total", "counter", [:]),
        ("callrouter_memory_limit_bytes", "gauge", [:]),
        ("callrouter_event_loop_lag_seconds", "gauge", [:]),
        ("callrouter_cost_usd_total", "counter", [:]),
        ("process_resident_memory_bytes", "gauge", [:]),
        ("process_cpu_seconds_total", "counter", [:]),
        ("process_open_fds", "gauge", [:]),
        ("process_start_time_seconds", "gauge", [:]),
    ]

    @Test("every promised series is there from the start, with 0, and no other")
    func everySeries() throws {
        let text = try PrometheusText(MetricsRegistry().render())
        for (name, type, labels) in Self.promised {
            let family = try #require(text.families[name], "\(name)")
            #expect(family.type == type, "\(name)")
            for (label, values) in labels { #expect(text.values(of: label, in: name) == values, "\(name)") }
            if type != "histogram" {
                #expect(family.samples.count == labels.values.reduce(1) { $0 * $1.count }, "\(name): every combination")
            }
            if name.hasPrefix("callrouter_"), name != "callrouter_memory_limit_bytes" {
                #expect(family.samples.allSatisfy { $0.value == 0 }, "\(name)")
            }
        }
        #expect(Set(text.families.keys) == Set(Self.promised.map(\.name)))
    }

    @Test("each call of the port moves its own series and no other")
    func eachMoves() throws {
        let cases: [(String, [String: String], Double, (MetricsRegistry) -> Void)] = [
            ("callrouter_active_calls", [:], 3, { $0.activeCalls(3) }),
            ("callrouter_active_connections", ["peer": "model"], 2, { $0.connections(.model, delta: 2) }),
            ("callrouter_active_connections", ["peer": "carrier"], -1, { $0.connections(.carrier, delta: -1) }),
            ("callrouter_calls_total", ["outcome": "no_answer"], 1, { $0.outcome(.noAnswer) }),
            ("callrouter_call_errors_total", ["kind": "summary"], 1, { $0.error(.summary) }),
            (
                "callrouter_frames_dropped_total", ["direction": "to_carrier", "reason": "not_connected"], 7,
                { $0.framesDropped(.toCarrier, reason: .notConnected, count: 7) }
            ),
            ("callrouter_session_restarts_total", ["part": "session"], 1, { $0.restarted(.session) }),
            ("callrouter_sessions_reaped_total", ["reason": "stream_lost"], 1, { $0.reaped(.streamLost) }),
            ("callrouter_malformed_messages_total", ["peer": "carrier"], 1, { $0.malformedMessage(.carrier) }),
            ("callrouter_rejected_total", ["reason": "rate_limited"], 1, { $0.streamRejected(.rateLimited) }),
            ("callrouter_frames_replayed_total", [:], 12, { $0.framesReplayed(count: 12) }),
            ("callrouter_cost_usd_total", [:], 0.125, { $0.cost(usd: 0.125) }),
        ]
        for (name, labels, value, act) in cases {
            let registry = MetricsRegistry()
            act(registry)
            let text = try PrometheusText(registry.render())
            #expect(text.value(name, labels) == value, "\(name)")
            let moved = text.families.filter { $0.key.hasPrefix("callrouter_") && !$0.key.contains("memory") }
                .flatMap(\.value.samples).filter { $0.value != 0 }
            #expect(moved.count == 1, "\(name)")
        }
    }

    @Test("durations fall into their buckets, a bound into its own")
    func histograms() throws {
        let registry = MetricsRegistry()
        registry.frameWritten(.toModel, relay: .microseconds(500))
        registry.frameWritten(.toModel, relay: .microseconds(501))
        registry.frameWritten(.toModel, relay: .seconds(-1))
        registry.frameWritten(.toCarrier, relay: .seconds(90))
        registry.turnLatency(.milliseconds(640))
        registry.bargeIn(.milliseconds(12))
        registry.reasoning(.seconds(4), fellBack: true)
        registry.reasoning(.milliseconds(300), fellBack: false)
        registry.callEnded(duration: .seconds(61))
        let text = try PrometheusText(registry.render())
        let toModel = ["direction": "to_model"]
        #expect(text.value("callrouter_frames_total", toModel) == 3)
        #expect(text.value("callrouter_relay_seconds_bucket", ["direction": "to_model", "le": "0.0005"]) == 2)
        #expect(text.value("callrouter_relay_seconds_bucket", ["direction": "to_model", "le": "0.001"]) == 3)
        #expect(text.value("callrouter_relay_seconds_sum", toModel) == 0.001_001)
        let toCarrier = ["direction": "to_carrier"]
        #expect(text.value("callrouter_relay_seconds_bucket", ["direction": "to_carrier", "le": "1"]) == 0)
        #expect(text.value("callrouter_relay_seconds_bucket", ["direction": "to_carrier", "le": "+Inf"]) == 1)
        #expect(text.value("callrouter_relay_seconds_sum", toCarrier) == 90)
        #expect(text.value("callrouter_turn_latency_seconds_bucket", ["le": "0.6"]) == 0)
        #expect(text.value("callrouter_turn_latency_seconds_bucket", ["le": "0.8"]) == 1)
        #expect(text.value("callrouter_barge_in_seconds_bucket", ["le": "0.02"]) == 1)
        #expect(text.value("callrouter_reasoning_seconds_count") == 2)
        #expect(text.value("callrouter_reasoning_fallbacks_total") == 1)
        #expect(text.value("callrouter_call_duration_seconds_bucket", ["le": "120"]) == 1)
        #expect(text.value("callrouter_call_duration_seconds_bucket", ["le": "60"]) == 0)
    }

    @Test("what many threads count adds up, while somebody reads")
    func concurrent() async throws {
        let registry = MetricsRegistry()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for index in 0..<5_000 {
                        registry.frameWritten(.toModel, relay: .microseconds(index))
                        registry.connections(.carrier, delta: index.isMultiple(of: 2) ? 1 : -1)
                        registry.cost(usd: 0.001)
                    }
                }
            }
            group.addTask {
                for _ in 0..<20 { #expect(throws: Never.self) { try PrometheusText(registry.render()) } }
            }
        }
        let text = try PrometheusText(registry.render())
        #expect(text.value("callrouter_frames_total", ["direction": "to_model"]) == 40_000)
        #expect(text.value("callrouter_relay_seconds_count", ["direction": "to_model"]) == 40_000)
        let microseconds = 8 * (0..<5_000).reduce(0, +)
        #expect(text.value("callrouter_relay_seconds_sum", ["direction": "to_model"]) == Double(microseconds) / 1e6)
        #expect(text.value("callrouter_active_connections", ["peer": "carrier"]) == 0)
        #expect(text.value("callrouter_cost_usd_total") == 40)
    }

    @Test("looked-up values are those of the moment")
    func sources() throws {
        let registry = MetricsRegistry()
        registry.setSources { sources in
            sources.isReady = { true }
            sources.outboxPending = { 17 }
            sources.outboxOldestAge = { .milliseconds(2_500) }
        }
        registry.setSources { $0.eventLoopLag = { .microseconds(1_500) } }
        let text = try PrometheusText(registry.render())
        #expect(text.value("callrouter_ready") == 1)
        #expect(text.value("callrouter_draining") == 0)
        #expect(text.value("callrouter_outbox_pending") == 17)
        #expect(text.value("callrouter_outbox_oldest_seconds") == 2.5)
        #expect(text.value("callrouter_event_loop_lag_seconds") == 0.0015)
    }

    @Test("a counter never falls, and a sum of money stays one")
    func refusesNonsense() throws {
        let registry = MetricsRegistry()
        registry.cost(usd: 1)
        for usd in [-5, .nan, .infinity, 1e300] { registry.cost(usd: usd) }
        registry.framesDropped(.toModel, reason: .overflow, count: -3)
        registry.framesReplayed(count: -3)
        let text = try PrometheusText(registry.render())
        #expect(text.value("callrouter_cost_usd_total") == 1)
        #expect(text.value("callrouter_frames_replayed_total") == 0)
        let labels = ["direction": "to_model", "reason": "overflow"]
        #expect(text.value("callrouter_frames_dropped_total", labels) == 0)
    }

    #if os(Linux)
    @Test("the process tells its memory, time, descriptors and start")
    func processMetrics() throws {
        let text = try PrometheusText(MetricsRegistry().render())
        #expect(try #require(text.value("process_resident_memory_bytes")) > 1_000_000)
        #expect(try #require(text.value("process_cpu_seconds_total")) > 0)
        #expect(try #require(text.value("process_open_fds")) >= 3)
        #expect(try #require(text.value("callrouter_memory_limit_bytes")) > 1_000_000)
        let start = try #require(text.value("process_start_time_seconds"))
        #expect(start > 1_600_000_000)
        #expect(start < Date().timeIntervalSince1970 + 60)
    }
    #endif
}
