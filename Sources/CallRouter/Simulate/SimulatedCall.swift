import Foundation
import StandIns

/// Plays one call and judges it.
struct SimulatedCall: Sendable {
    let number: Int
    let plan: ScenarioPlan
    let network: SimulatedNetwork
    let router: RouterClient
    let recordings: URL
    let keepsData: Bool

    /// How long a call may go on after the caller's part in it is over.
    private static let patience = Duration.seconds(45)

    /// Whom the router calls: a number of this call alone.
    private var target: String { "+1555\(2_000_000 + self.number)" }

    func play() async -> CallResult {
        switch self.plan.direction {
        case .inbound:
            let call = self.network.carrier.makeCall()
            async let network: Void = call.run()
            let result = await self.play(call, orderedAs: nil)
            await network
            return result
        case .outbound:
            do {
                let (status, body) = try await self.router.order(to: self.target)
                guard status == 202, let callID = body["call_id"]?.string else {
                    throw RouterClient.Failure.status("POST /v1/calls", status, body.text)
                }
                let call = try await self.network.carrier.call(to: self.target)
                try await call.answered()
                return await self.play(call, orderedAs: callID)
            } catch {
                var result = CallResult(number: self.number, scenario: self.plan.scenario)
                result.problems.append("\(error)")
                return result
            }
        }
    }

    private func play(_ call: CarrierCall, orderedAs callID: String?) async -> CallResult {
        var result = CallResult(number: self.number, scenario: self.plan.scenario)
        do {
            try await self.plan.play(call)
        } catch {
            result.problems.append("\(error)")
            await call.hangUp()
        }
        do {
            _ = try await call.ended(within: Self.patience)
        } catch {
            result.problems.append("\(error)")
            await call.hangUp()
        }
        await self.closeOfModel(call)
        await self.judge(call, orderedAs: callID, &result)
        return result
    }

    /// Waits a little for the sockets to the voice model, which are to close with the call.
    private func closeOfModel(_ call: CarrierCall) async {
        let caller = call.record.read(\.number)
        for connection in self.network.model.connections.current where connection.record.read(\.caller) == caller {
            // A socket that stays open is found by the review.
            _ = try? await connection.record.wait(for: "the close", within: .seconds(3)) { $0.close }
        }
    }

    private func judge(_ call: CarrierCall, orderedAs ordered: String?, _ result: inout CallResult) async {
        let record = call.record.current
        result.callID = record.callID ?? ordered
        if let ordered, let streamed = record.callID, ordered != streamed {
            result.problems.append("the stream belongs to another call than the one that was ordered")
        }
        if let start = record.answeredAt, let end = record.endedAt { result.length = start.duration(to: end) }
        let connections = self.network.model.connections.current.map(\.record.current)
        var review = CallReview(plan: self.plan, call: record, connections: connections)
        if let callID = result.callID {
            do {
                let account = try await self.router.account(of: callID)
                result.outcome = account["outcome"]?.string
                result.endReason = account["end_reason"]?.string
                result.transcript = account["transcript"]?.array ?? []
                review.compare(with: account)
                self.check(recordingOf: callID, record, &result)
            } catch {
                result.problems.append("\(error)")
            }
        } else {
            result.problems.append("the router gave the call no stream")
        }
        if ordered != nil { await self.checkOrders(&result) }
        result.turnLatencies = review.turnLatencies
        result.bargeIns = review.bargeIns
        result.reasonings = review.reasonings
        result.problems += review.problems
    }

    /// One order is one call; and who does not want to be called is not called again.
    private func checkOrders(_ result: inout CallResult) async {
        if self.plan.expectsOptOut {
            do {
                let (status, body) = try await self.router.order(to: self.target)
                if status != 409 || body["error"]?["code"] != "opted_out" {
                    result.problems.append("a second order was answered with \(status), not with 409 opted_out")
                }
            } catch {
                result.problems.append("\(error)")
            }
        }
        let placed = self.network.carrier.calls.read { calls in
            calls.filter { $0.record.read(\.to) == self.target }.count
        }
        if placed != 1 { result.problems.append("\(placed) calls were placed for one order") }
    }

    /// The recording must be there: stereo, and about as long as the streams were.
    private func check(recordingOf callID: String, _ record: CarrierCallRecord, _ result: inout CallResult) {
        let file = self.recordings.appendingPathComponent("\(callID).wav")
        // A file that cannot be read is as good as none.
        guard let data = try? Data(contentsOf: file), data.count > 44 else {
            result.problems.append("there is no recording")
            return
        }
        if self.keepsData { result.recordingPath = file.path }
        // RIFF/WAVE: channels at 22, bytes a second at 28, both little-endian; 44 bytes of header.
        let channels = Int(data[22]) | Int(data[23]) << 8
        let rate = (0..<4).reduce(0) { $0 | Int(data[28 + $1]) << (8 * $1) }
        guard channels == 2, rate > 0 else {
            result.problems.append("the recording is not stereo")
            return
        }
        let recorded = Duration.seconds(Double(data.count - 44) / Double(rate))
        let streamed = record.streams.reduce(Duration.zero) { sum, stream in
            sum + (stream.closedAt.map { stream.openedAt.duration(to: $0) } ?? .zero)
        }
        // The time between two streams may be in it as silence.
        let longest = record.streams.count > 1 ? max(streamed, result.length) : streamed
        if recorded < streamed - .seconds(2) || recorded > longest + .seconds(2) {
            result.problems.append("the recording is \(recorded) long, the streams were \(streamed)")
        }
    }
}
