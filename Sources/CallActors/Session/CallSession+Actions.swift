import Foundation
import Logging
import Wire

/// Carries out what the conversation decides.
extension CallSession {
    /// Tells the conversation something and does what it answers, in order and before anything else happens.
    func tell(_ event: Conversation.Event) {
        guard self.isLive else { return }
        let moment = Conversation.Moment(date: Date(), isSilent: self.isSilent)
        for action in self.conversation.handle(event, at: moment) { self.perform(action) }
        self.model?.flush()
        if self.conversation.awaitsSilence { self.checkSilence() }
        // Not before everything that was decided is done.
        if self.costIsDue { self.checkCost() }
    }

    func perform(_ action: Conversation.Action) {
        switch action {
        // Without a session the command is void: the next one is told what was said.
        case .send(let command, let eventID): if self.isModelConfigured { self.model?.send(command, eventID: eventID) }
        case .turnChanged(let itemID): self.noteTurn(itemID)
        case .turnRemoved(let itemID): self.noteTurn(itemID)
        case .note(let event): self.note(event)
        case .consult(let callID, let situation, let question): self.ask(callID, situation, question)
        case .withdraw(let callID): self.consultations.removeValue(forKey: callID)?.finish()
        case .start(let timer, let delay): self.start(.conversation(timer), after: delay)
        case .stop(let timer): self.stop(.conversation(timer))
        case .modelFailed(let code): self.modelGone(.fatal, reason: "the model refuses the session (\(code))")
        case .used(let usage): self.count(usage)
        case .transcribed(let usage): self.count(transcription: usage)
        case .handOver(let number): self.handOver(to: number)
        case .sendKeypad(let digits): self.sendKeypad(digits)
        case .optOut: self.writeOptOut()
        case .scheduleCallback(let callID, let at, let note):
            self.order(.scheduleCallback(callID: callID, at: at, note: note))
        case .end(let reason): self.end(reason)
        case .voicemail(let action): self.perform(voicemail: action)
        }
    }

    func note(_ event: JournalEntry.Event) {
        self.ports.store.append(JournalEntry(at: Date(), event: event), to: self.callID)
    }

    /// Keeps a turn as it stands now; one of which nothing was said or heard is none.
    func noteTurn(_ itemID: String) {
        let transcript = self.conversation.transcript
        let entryID = transcript.entryID(of: itemID) ?? itemID
        guard let line = transcript.line(of: itemID), let order = transcript.order(of: itemID) else {
            return self.note(.turnRemoved(itemID: entryID))
        }
        self.note(.turn(itemID: entryID, order: order, line: line))
        self.ports.observer?.observe(.turn(itemID: entryID, line: line), callID: self.callID, at: line.at)
    }

    func count(_ used: ModelUsage) {
        self.usage.modelInputTokens += used.inputTokens
        self.usage.modelOutputTokens += used.outputTokens
        self.usage.modelCachedTokens += used.cachedTokens
        self.usage.voice.add(used)
        self.usageChanged()
    }

    func count(transcription used: ModelUsage) {
        self.usage.modelInputTokens += used.inputTokens
        self.usage.modelOutputTokens += used.outputTokens
        self.usage.transcriptionSeconds += used.seconds
        self.usage.voice.transcriptionInput += used.inputTokens
        self.usage.voice.transcriptionOutput += used.outputTokens
        self.usageChanged()
    }

    private func usageChanged() {
        self.note(.usage(self.usage))
        self.costIsDue = true
    }

    func modelSentMalformedMessage(_ error: ModelMessageError) {
        self.ports.metrics.malformedMessage(.model)
        self.logger.debug("\(error)")
    }

    // MARK: - Consultations

    private func ask(_ callID: String, _ situation: String, _ question: String) {
        self.consultations[callID] = LoopLane(limit: 1)
        let turns = Array(self.conversation.transcript.lines.suffix(12))
        let asked = ReasoningQuestion(
            callID: self.callID,
            situation: situation,
            question: question,
            objective: self.record.objective ?? self.record.callType ?? "",
            turns: turns
        )
        self.order(.consult(callID: callID, question: asked))
    }

    /// Asks Claude beside the call, until it answers, its deadline passes, or the question is withdrawn.
    func consult(_ callID: String, _ question: ReasoningQuestion) async {
        guard let withdrawal = self.consultations[callID] else { return }
        let started = ContinuousClock.now
        let reasoner = self.ports.reasoner
        let answer = await withTaskGroup(of: Result<ReasoningAnswer, ReasoningError>?.self) { group in
            group.addTask(executorPreference: self.loop.taskExecutor) {
                do throws(ReasoningError) { return .success(try await reasoner.advise(question)) } catch {
                    return .failure(error)
                }
            }
            group.addTask { await self.awaitWithdrawal(callID) }
            let first = await group.next() ?? nil
            group.cancelAll()
            withdrawal.finish()
            return first
        }
        self.consultations[callID] = nil
        guard let answer, self.isLive else { return }
        self.consulted(callID, answer, latency: started.duration(to: .now))
    }

    private func awaitWithdrawal(_ callID: String) async -> Result<ReasoningAnswer, ReasoningError>? {
        guard let withdrawal = self.consultations[callID] else { return nil }
        for await _ in withdrawal {}
        return nil
    }

    private func consulted(_ callID: String, _ answer: Result<ReasoningAnswer, ReasoningError>, latency: Duration) {
        var fellBack = false
        let advice: String
        switch answer {
        case .success(let answer):
            advice = answer.advice
            self.usage.claudeInputTokens += answer.inputTokens
            self.usage.claudeOutputTokens += answer.outputTokens
            self.note(.usage(self.usage))
        case .failure(let error):
            fellBack = true
            advice = self.ports.reasoningFallback
            self.ports.metrics.error(.reasoning)
            self.logger.warning("\(error)")
        }
        self.ports.metrics.reasoning(latency, fellBack: fellBack)
        self.ports.observer?.observe(.reasoning(latency, fellBack: fellBack), callID: self.callID, at: Date())
        self.tell(.consulted(callID: callID, advice: advice))
    }
}
