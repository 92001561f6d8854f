import Testing

@testable import CallActors

@Suite struct MessageDropTests {
    private func second(_ seconds: Double) -> Duration { .seconds(seconds) }

    @Test("after the beep the message starts, is heard, and that is all")
    func beep() {
        var drop = MessageDrop(hasMessage: true, isSpoken: true)
        #expect(drop.begin(afterBeep: false) == [], "the greeting goes on")
        #expect(drop.handle(.line(.speechPaused(at: .seconds(6)))) == [.awaitSilence(.seconds(4))])
        #expect(drop.handle(.line(.beepEnded(at: .seconds(8)))) == [.stopWaiting, .play(attempt: 1)])
        #expect(drop.isPlaying)
        #expect(drop.handle(.heard) == [.done])
        #expect(drop.handle(.line(.beepEnded(at: .seconds(9)))) == [], "over")
    }

    @Test("a beep that was heard before the mailbox was certain starts the message at once")
    func beepBefore() {
        var drop = MessageDrop(hasMessage: true, isSpoken: false)
        #expect(drop.begin(afterBeep: true) == [.stopWaiting, .play(attempt: 1)])
    }

    @Test("a message that is not ready at the beep starts as soon as it is there, and is waited for so long only")
    func late() {
        var drop = MessageDrop(hasMessage: false, isSpoken: false)
        #expect(drop.begin(afterBeep: true) == [.stopWaiting, .awaitMessage(.seconds(15))])
        #expect(drop.stage == .awaitingMessage)
        #expect(drop.handle(.messageArrived) == [.stopWaiting, .play(attempt: 1)])
    }

    @Test("speech over the message stops it, and after the next beep it starts from its beginning")
    func interrupted() {
        var drop = MessageDrop(hasMessage: true, isSpoken: false)
        _ = drop.begin(afterBeep: true)
        #expect(drop.handle(.line(.speechFollows(at: .seconds(3)))) == [.stop, .awaitSilence(.seconds(4))])
        #expect(drop.handle(.line(.speechGoesOn(at: .seconds(4)))) == [.stopWaiting])
        #expect(drop.handle(.line(.speechPaused(at: .seconds(5)))) == [.awaitSilence(.seconds(4))])
        #expect(drop.handle(.line(.beepEnded(at: .seconds(6)))) == [.stopWaiting, .play(attempt: 2)])
    }

    @Test("a second beep soon after the first is the one that counts; a late one is the mailbox's own affair")
    func secondBeep() {
        var drop = MessageDrop(hasMessage: true, isSpoken: false)
        #expect(drop.handle(.line(.beepEnded(at: .seconds(5)))) == [.stopWaiting, .play(attempt: 1)])
        #expect(drop.handle(.line(.beepEnded(at: .seconds(6)))) == [.stop, .stopWaiting, .play(attempt: 2)])
        #expect(drop.handle(.line(.beepEnded(at: .seconds(30)))) == [])
    }

    @Test("without a beep the message starts after silence: 4 s, 2 s after the carrier's word, at once after its beep")
    func silence() {
        var drop = MessageDrop(hasMessage: true, isSpoken: false)
        #expect(drop.begin(afterBeep: false) == [.awaitSilence(.seconds(4))])
        #expect(drop.handle(.greetingEnded(withBeep: false)) == [.awaitSilence(.seconds(2))])
        #expect(drop.handle(.greetingEnded(withBeep: true)) == [.awaitSilence(.milliseconds(300))])
        #expect(drop.handle(.silenceLasted) == [.stopWaiting, .play(attempt: 1)])
    }

    @Test("a tone that becomes no beep puts the silence off, and no more")
    func tone() {
        var drop = MessageDrop(hasMessage: true, isSpoken: false)
        _ = drop.begin(afterBeep: false)
        #expect(drop.handle(.line(.toneBegan(at: .seconds(1)))) == [.awaitSilence(.seconds(4))])
        #expect(drop.handle(.silenceLasted) == [.stopWaiting, .play(attempt: 1)])
    }

    @Test("speech while the message is awaited waits for the next beep")
    func speechBeforeMessage() {
        var drop = MessageDrop(hasMessage: false, isSpoken: false)
        _ = drop.begin(afterBeep: true)
        #expect(drop.handle(.line(.speechBegan(at: .seconds(2)))) == [.awaitSilence(.seconds(4))])
        #expect(drop.handle(.messageArrived) == [])
        #expect(drop.stage == .awaitingBeep)
        #expect(drop.handle(.line(.beepEnded(at: .seconds(4)))) == [.stopWaiting, .play(attempt: 1)])
    }

    @Test("sound that is lost while it is played is waited for again")
    func lost() {
        var drop = MessageDrop(hasMessage: true, isSpoken: false)
        _ = drop.begin(afterBeep: true)
        #expect(drop.handle(.messageLost) == [.awaitMessage(.seconds(15))])
        #expect(drop.handle(.messageArrived) == [.stopWaiting, .play(attempt: 2)])
    }
}
