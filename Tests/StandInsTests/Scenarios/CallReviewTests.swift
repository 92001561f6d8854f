import NIOHTTP1
@testable import StandIns
import Testing
import Wire

@Suite struct CallReviewTests {
    private let start = ContinuousClock.now

    private func at(_ milliseconds: Int) -> ContinuousClock.Instant { self.start + .milliseconds(milliseconds) }

    /// A short call that is all right: one utterance, one answer that is cut after 400 ms.
    private func sample() -> (call: CarrierCallRecord, connection: ModelConnectionRecord) {
        var playout = CarrierPlayout(format: .pcmu)
        for sequence in 0..<50 as Range<UInt32> {
            var frame = Array(repeating: UInt8(0x30), count: 160)
            let stamp = FrameStamp(
                source: 9,
                sequence: sequence,
                line: SpeechLine.hours.number,
                offset: UInt16(sequence)
            )
            stamp.write(to: &frame, format: .pcmu)
            playout.play(frame, at: self.at(1600))
        }
        _ = playout.clear(at: self.at(2000))
        var stream = CarrierStreamRecord(streamSID: "s", format: .pcmu, openedAt: self.start, parameters: [:])
        stream.items = playout.items
        stream.media = [CarrierStreamRecord.Media(at: self.at(1600), byteCount: 8000, item: 9)]
        stream.clears = [
            CarrierStreamRecord.Clear(at: self.at(2000), discardedByteCount: 4800, item: 9, heardMilliseconds: 400)
        ]
        stream.close = SocketClose(code: 1000, reason: "", byPeer: true)
        var call = CarrierCallRecord(callSID: "c", number: 4, from: "+1", to: "+2")
        call.streams = [stream]
        call.utterances = [
            CarrierCallRecord.Utterance(
                text: SpeechLine.callerHours.text,
                line: .callerHours,
                startedAt: self.at(0),
                endedAt: self.at(1000)
            )
        ]
        call.sentSequences = [0...9]
        call.end = .documentEnded
        var connection = ModelConnectionRecord(index: 0, uri: "/", headers: [:], openedAt: self.start)
        connection.caller = 4
        connection.frames = (0..<10).map {
            ModelConnectionRecord.CallerFrame(stamp: FrameStamp(source: 4, sequence: UInt32($0)), at: self.start)
        }
        connection.sent = [
            ModelConnectionRecord.SentEvent(type: "input_audio_buffer.speech_started", json: [:], at: self.at(1980))
        ]
        connection.truncations = [
            ModelConnectionRecord.Truncation(itemID: "i", itemNumber: 9, endMilliseconds: 395, at: self.at(2001))
        ]
        connection.close = SocketClose(code: 1000, reason: "", byPeer: true)
        return (call, connection)
    }

    private func plan() -> ScenarioPlan {
        var plan = ScenarioPlan(.bargeIn)
        plan.mustHear = []
        return plan
    }

    private func problems(
        _ change: (inout CarrierCallRecord, inout ModelConnectionRecord) -> Void
    ) -> [String] {
        var (call, connection) = self.sample()
        change(&call, &connection)
        return CallReview(plan: self.plan(), call: call, connections: [connection]).problems
    }

    @Test("a good call has no problems, and its times are measured")
    func good() throws {
        let (call, connection) = self.sample()
        let review = CallReview(plan: self.plan(), call: call, connections: [connection])
        #expect(review.problems.isEmpty)
        #expect(review.turnLatencies == [.milliseconds(600)])
        #expect(review.bargeIns == [.milliseconds(20)])
    }

    @Test("lost, doubled and swapped frames of the caller are found")
    func callerFrames() {
        #expect(self.problems { $1.frames.remove(at: 4) }.count == 2)
        #expect(self.problems { $1.frames.insert($1.frames[4], at: 4) }.count == 1)
        #expect(self.problems { $1.frames.swapAt(3, 5) }.count == 1)
        #expect(self.problems { $1.frames[2].stamp = nil }.count == 2)
        #expect(self.problems { call, connection in connection.frames.removeFirst(3) }.count == 1)
        #expect(self.problems { $1.caller = nil }.contains { $0.contains("no audio of the caller") })
    }

    @Test("what was on its way when the session ended does not count as lost")
    func tail() {
        #expect(self.problems { $1.frames.removeLast(2) }.isEmpty)
        #expect(self.problems { call, _ in call.sentSequences = [0...9, 20...30] }.isEmpty)
    }

    @Test("frames of the time without a stream, and those just before a redirect, need not arrive")
    func gaps() {
        func problems(_ sequences: [UInt32], redirects: Int) -> [String] {
            self.problems { call, connection in
                call.sentSequences = [0...99, 150...159]
                call.redirects = Array(repeating: CarrierOrder.Link(url: "http://a/"), count: redirects)
                connection.frames = sequences.map {
                    ModelConnectionRecord.CallerFrame(stamp: FrameStamp(source: 4, sequence: $0), at: self.start)
                }
            }
        }
        #expect(problems(Array(0...99) + Array(150...159), redirects: 0).isEmpty)
        #expect(problems(Array(0...96) + Array(150...159), redirects: 0).count == 2)
        #expect(problems(Array(0...96) + Array(150...159), redirects: 1).isEmpty)
        #expect(problems(Array(0...70) + Array(150...159), redirects: 1).count == 2)
        #expect(problems(Array(0...99) + Array(151...159), redirects: 1).count == 2)
        #expect(problems(Array(0...99) + [151, 150], redirects: 1).count == 1)
    }

    @Test("a message that begins late, is cut, or is spoken into the tone is found, and one that is not left")
    func mailbox() throws {
        func problems(
            _ plan: ScenarioPlan = ScenarioPlan(.voicemail),
            _ change: (inout MailboxReport?, inout ModelConnectionRecord) -> Void
        ) -> [String] {
            var (call, connection) = self.sample()
            connection.spoken = [
                ModelConnectionRecord.SpokenItem(
                    number: 9,
                    itemID: "i",
                    responseID: "r",
                    text: "",
                    firstAudioAt: self.start,
                    sentMilliseconds: 420
                )
            ]
            call.streams[0].sounds = [CarrierPlayout.Sound(start: self.at(1600), end: self.at(6600))]
            call.endedAt = self.at(7000)
            call.mailbox = MailboxReport(call, toneStart: self.at(1000), toneEnd: self.at(1400))
            change(&call.mailbox, &connection)
            return CallReview(plan: plan, call: call, connections: [connection]).problems
        }
        #expect(problems { _, _ in }.isEmpty)
        #expect(problems { report, _ in report?.offset = .milliseconds(301) }.count == 1)
        #expect(problems { report, _ in report?.offset = .milliseconds(-40) }.count == 1)
        #expect(problems { report, _ in report?.wasSpokenInto = true }.count == 1)
        #expect(problems { report, _ in report?.messageDuration = .seconds(1) }.count == 1)
        #expect(problems { report, _ in report?.offset = nil }.count == 1)
        #expect(problems { report, _ in report = nil }.count == 1)
        #expect(problems { $1.spoken[0].sentMilliseconds = 1000 }.count == 1)
    }

    @Test("a transfer dials one number; the AI comes back once where nobody answered, and else not at all")
    func transfer() {
        func problems(_ status: String, streamsAfter count: Int) -> [String] {
            var (call, connection) = self.sample()
            let leg = CarrierCallRecord.DialledLeg(callSID: "d", number: "+1", startedAt: self.at(2500), status: status)
            call.legs = [leg]
            for _ in 0..<count {
                var stream = CarrierStreamRecord(
                    streamSID: "t",
                    format: .pcmu,
                    openedAt: self.at(3000),
                    parameters: [:]
                )
                stream.close = SocketClose(code: 1000, reason: "", byPeer: true)
                call.streams.append(stream)
            }
            connection.truncations = []
            var plan = ScenarioPlan(.transfer)
            plan.mustHear = []
            return CallReview(plan: plan, call: call, connections: [connection]).problems
        }
        #expect(problems("completed", streamsAfter: 0).isEmpty)
        #expect(problems("no-answer", streamsAfter: 1).isEmpty)
        #expect(problems("completed", streamsAfter: 1).count == 1)
        #expect(problems("no-answer", streamsAfter: 0).count == 1)
        #expect(problems("no-answer", streamsAfter: 2).count == 1)
        #expect(problems("failed", streamsAfter: 1).count == 1)
    }

    @Test("a truncation that is wrong by more than a frame is found, and one that was refused")
    func truncations() {
        #expect(self.problems { $1.truncations[0].endMilliseconds = 420 }.isEmpty)
        #expect(self.problems { $1.truncations[0].endMilliseconds = 421 }.count == 1)
        #expect(self.problems { $1.truncations[0].endMilliseconds = 379 }.count == 1)
        #expect(self.problems { $1.truncations[0].refusal = "no" }.count == 1)
        #expect(self.problems { $1.truncations = [] }.count == 1)
    }

    @Test("audio of an interrupted answer after the clear is found")
    func lateAudio() {
        let problems = self.problems { call, _ in
            call.streams[0].media.append(CarrierStreamRecord.Media(at: self.at(2010), byteCount: 160, item: 9))
        }
        #expect(problems.count == 1)
        #expect(self.problems { call, _ in call.streams[0].clears = [] }.count == 1)
    }

    @Test("anomalies, violations, errors, open sockets and a call that does not end are found")
    func protocols() {
        #expect(self.problems { call, _ in call.anomalies = ["x"] }.count == 1)
        #expect(self.problems { $1.violations = ["x"] }.count == 1)
        #expect(self.problems { $1.errorCodes = ["invalid_value"] }.count == 1)
        #expect(self.problems { $1.errorCodes = ["response_cancel_not_active"] }.isEmpty)
        #expect(self.problems { $1.close = nil }.count == 1)
        #expect(self.problems { call, _ in call.streams[0].close = nil }.count == 1)
        #expect(self.problems { call, _ in call.end = nil }.count == 1)
        #expect(self.problems { call, _ in call.end = .failed("x") }.count == 1)
        #expect(self.problems { call, _ in call.end = .notAnswered(.busy) }.count == 1)
        #expect(self.problems { call, _ in call.end = .endedByAPI }.isEmpty)
    }

    @Test("the router's own account is compared with what happened")
    func account() {
        let (call, connection) = self.sample()
        func compared(_ json: StandInJSON) -> [String] {
            var review = CallReview(plan: self.plan(), call: call, connections: [connection])
            review.compare(with: json)
            return review.problems
        }
        let lines: StandInJSON = [
            ["role": "user", "content": .string(SpeechLine.callerHours.text), "interrupted": false],
            ["role": "assistant", "content": "We are open", "interrupted": true],
        ]
        let good: StandInJSON = ["outcome": "goal_achieved", "end_reason": "ai_hangup", "transcript": lines]
        #expect(compared(good).isEmpty)
        #expect(compared(good.setting("outcome", .null)).count == 1)
        #expect(compared(good.setting("end_reason", "stale")).count == 1)
        #expect(compared(good.setting("transcript", [])).count == 2)
    }
}
