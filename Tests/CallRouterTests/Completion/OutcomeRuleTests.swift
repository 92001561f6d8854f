import CallActors
import CallRouter
import Testing

@Suite struct OutcomeRuleTests {
    @Test("every end, with and without a ready model and a word, goes where it must", arguments: EndReason.allCases)
    func everyEnd(reason: EndReason) {
        for modelWasReady in [true, false] {
            for somebodySpoke in [true, false] {
                let decision = OutcomeRule.decide(
                    OutcomeRule.Facts(endReason: reason, modelWasReady: modelWasReady, somebodySpoke: somebodySpoke)
                )
                let expected: OutcomeRule.Decision =
                    if reason == .voicemail {
                        .final(.completed, .voicemail)
                    } else if reason == .noAnswer || reason == .busy {
                        .final(.completed, .noAnswer)
                    } else if reason == .optedOut {
                        .final(.completed, .declined)
                    } else if reason == .carrierFailed || (reason == .modelFailed && !modelWasReady) {
                        .final(.failed, .error)
                    } else if somebodySpoke {
                        .summaryNeeded
                    } else {
                        .final(.completed, .noAnswer)
                    }
                #expect(decision == expected, "\(reason) ready \(modelWasReady) spoke \(somebodySpoke)")
            }
        }
    }

    @Test("a decision tells what to write at the end")
    func whatToWrite() {
        #expect(OutcomeRule.Decision.summaryNeeded.status == .completed)
        #expect(OutcomeRule.Decision.summaryNeeded.outcome == nil)
        #expect(OutcomeRule.Decision.final(.failed, .error).status == .failed)
        #expect(OutcomeRule.Decision.final(.failed, .error).outcome == .error)
    }

    @Test("turns without a word are no talk")
    func emptyTurns() {
        let silent = [Samples.line(.assistant, ""), Samples.line(.user, " \n\t")]
        #expect(!OutcomeRule.Facts(endReason: .stale, modelWasReady: true, transcript: silent).somebodySpoke)
        #expect(!OutcomeRule.Facts(endReason: .stale, modelWasReady: true, transcript: []).somebodySpoke)
        let spoken = silent + [Samples.line(.user, "hm")]
        #expect(OutcomeRule.Facts(endReason: .stale, modelWasReady: true, transcript: spoken).somebodySpoke)
    }
}
