import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import StandIns

/// Plays one call and judges it.
struct SimulatedCall: Sendable {
    let number: Int
    let plan: ScenarioPlan
    let call: CarrierCall
    let model: StandInModel
    /// The router's port.
    let port: Int
    let recordings: URL
    let keepsData: Bool

    /// How long a call may go on after the caller's part in it is over.
    private static let patience = Duration.seconds(45)
    /// How long the outcome may take after the end of a call.
    private static let outcomePatience = Duration.seconds(20)

    func play() async -> CallResult {
        var result = CallResult(number: self.number, scenario: self.plan.scenario)
        async let network: Void = self.call.run()
        do {
            try await self.plan.play(self.call)
        } catch {
            result.problems.append("\(error)")
            await self.call.hangUp()
        }
        do {
            _ = try await self.call.ended(within: Self.patience)
        } catch {
            result.problems.append("\(error)")
            await self.call.hangUp()
        }
        await network
        await self.closeOfModel()
        await self.judge(&result)
        return result
    }

    /// Waits a little for the sockets to the voice model, which are to close with the call.
    private func closeOfModel() async {
        let caller = self.call.record.read(\.number)
        for connection in self.model.connections.current where connection.record.read(\.caller) == caller {
            _ = try? await connection.record.wait(for: "the close", within: .seconds(3)) { $0.close }
        }
    }

    private func judge(_ result: inout CallResult) async {
        let record = self.call.record.current
        result.callID = record.callID
        if let start = record.answeredAt, let end = record.endedAt { result.length = start.duration(to: end) }
        let connections = self.model.connections.current.map(\.record.current)
        var review = CallReview(plan: self.plan, call: record, connections: connections)
        if let callID = record.callID {
            do {
                let account = try await self.account(of: callID)
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
        result.turnLatencies = review.turnLatencies
        result.bargeIns = review.bargeIns
        result.reasonings = review.reasonings
        result.problems += review.problems
    }

    /// The router's account of a call, once its outcome is there.
    private func account(of callID: String) async throws -> StandInJSON {
        let deadline = ContinuousClock.now + Self.outcomePatience
        var last: StandInJSON = .null
        repeat {
            let request = HTTPClientRequest(url: "http://127.0.0.1:\(self.port)/v1/calls/\(callID)")
            let response = try await HTTPClient.shared.execute(request, timeout: .seconds(5))
            let body = try await response.body.collect(upTo: 4 << 20)
            guard response.status == .ok else { throw AccountError.status(Int(response.status.code)) }
            last = try StandInJSON(parsing: body)
            if let outcome = last["outcome"], !outcome.isNull { return last }
            try await Task.sleep(for: .milliseconds(100))
        } while ContinuousClock.now < deadline
        return last
    }

    private enum AccountError: Error, CustomStringConvertible {
        case status(Int)

        var description: String {
            switch self {
            case .status(let code): "GET /v1/calls/{call_id} was answered with \(code)"
            }
        }
    }

    /// The recording must be there: stereo, and about as long as the streams were.
    private func check(recordingOf callID: String, _ record: CarrierCallRecord, _ result: inout CallResult) {
        let file = self.recordings.appendingPathComponent("\(callID).wav")
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
        if recorded < streamed - .seconds(2) || recorded > streamed + .seconds(2) {
            result.problems.append("the recording is \(recorded) long, the streams were \(streamed)")
        }
    }
}
