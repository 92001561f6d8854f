import Foundation
import NIOCore
import Wire

/// The items of a response, event by event in the order of the API.
extension ModelConnection {
    func beginItem(_ output: ResponsePlan.Output, of id: String) {
        guard let response = self.responses[id], response.current == nil else { return }
        let itemID = self.newItemID()
        let callID = "call_\(self.index)_\(itemID)"
        let content: ModelConversation.Item.Content =
            switch output {
            case .speech: .message(role: "assistant", parts: [.outputAudio(transcript: "")])
            case .text: .message(role: "assistant", parts: [.outputText("")])
            case .call(let name, _): .functionCall(callID: callID, name: name, arguments: "")
            }
        let item = ModelConversation.Item(id: itemID, content: content, isComplete: false)
        self.responses[id]?.current = ActiveResponse.Current(
            item: item,
            output: output,
            index: response.output.count,
            callID: callID
        )
        self.send(
            "response.output_item.added",
            [
                ("response_id", .string(id)), ("output_index", StandInJSON(response.output.count)),
                ("item", item.announcement),
            ]
        )
        if !response.isOutOfBand {
            // The identifier is new and nothing is referred to, so nothing can be refused.
            let previous = (try? self.conversation.insert(item, after: nil)) ?? nil
            self.send(
                "conversation.item.added",
                [("previous_item_id", StandInJSON(previous)), ("item", item.announcement)]
            )
        }
        let part: StandInJSON
        switch output {
        case .speech: part = ["type": "audio", "transcript": ""]
        case .text: part = ["type": "text", "text": ""]
        case .call: return
        }
        self.send("response.content_part.added", self.place(of: id) + [("content_index", 0), ("part", part)])
    }

    /// Sends a piece of words, text or arguments.
    func sendDelta(_ type: String, _ text: String, of id: String) {
        guard let current = self.responses[id]?.current else { return }
        self.responses[id]?.current?.text += text
        let isCall = if case .call = current.output { true } else { false }
        let place = self.place(of: id) + [isCall ? ("call_id", .string(current.callID)) : ("content_index", 0)]
        self.send(type, place + [("delta", .string(text))])
    }

    func sendAudio(_ audio: [UInt8], of id: String) {
        guard let response = self.responses[id], var current = response.current,
            case .speech(let text, let number) = current.output
        else { return }
        current.byteCount += audio.count
        let milliseconds = current.byteCount / self.session.outputFormat.bytesPerMillisecond
        let added = milliseconds - current.item.audioMilliseconds
        current.item.audioMilliseconds = milliseconds
        let now = ContinuousClock.now
        self.responses[id]?.current = current
        self.responses[id]?.audioPieces += 1
        self.responses[id]?.audioMilliseconds += added
        if response.firstAudioAt == nil { self.responses[id]?.firstAudioAt = now }
        self.session.hasSpoken = true
        let itemID = current.item.id
        self.conversation.update(itemID) { $0.audioMilliseconds = milliseconds }
        self.record.update { record in
            if let index = record.spoken.lastIndex(where: { $0.number == number }) {
                record.spoken[index].sentMilliseconds = milliseconds
            } else {
                record.spoken.append(
                    ModelConnectionRecord.SpokenItem(
                        number: number,
                        itemID: itemID,
                        responseID: id,
                        text: text,
                        firstAudioAt: now,
                        sentMilliseconds: milliseconds
                    )
                )
            }
        }
        let delta = StandInJSON.string(Data(audio).base64EncodedString())
        self.send("response.output_audio.delta", self.place(of: id) + [("content_index", 0), ("delta", delta)])
    }

    /// Closes the item that was begun, if there is one; also that of a response which is cut off.
    func endItem(of id: String, isComplete: Bool) {
        guard let response = self.responses[id], let current = response.current else { return }
        let place = self.place(of: id)
        var item = current.item
        item.isComplete = isComplete
        switch current.output {
        case .speech:
            item.content = .message(role: "assistant", parts: [.outputAudio(transcript: current.text)])
            let content = place + [("content_index", 0)]
            self.send("response.output_audio.done", content)
            self.send("response.output_audio_transcript.done", content + [("transcript", .string(current.text))])
            let part: StandInJSON = ["type": "audio", "transcript": .string(current.text)]
            self.send("response.content_part.done", content + [("part", part)])
        case .text:
            item.content = .message(role: "assistant", parts: [.outputText(current.text)])
            let content = place + [("content_index", 0)]
            self.send("response.output_text.done", content + [("text", .string(current.text))])
            let part: StandInJSON = ["type": "text", "text": .string(current.text)]
            self.send("response.content_part.done", content + [("part", part)])
        case .call(let name, _):
            item.content = .functionCall(callID: current.callID, name: name, arguments: current.text)
            self.send(
                "response.function_call_arguments.done",
                place + [
                    ("call_id", .string(current.callID)), ("name", .string(name)), ("arguments", .string(current.text)),
                ]
            )
            let call = ModelConnectionRecord.ToolCall(
                callID: current.callID,
                name: name,
                arguments: current.text,
                sentAt: .now
            )
            if isComplete { self.record.update { $0.toolCalls.append(call) } }
        }
        self.responses[id]?.current = nil
        self.responses[id]?.output.append(item)
        self.send(
            "response.output_item.done",
            [("response_id", .string(id)), ("output_index", StandInJSON(current.index)), ("item", item.json)]
        )
        guard !response.isOutOfBand else { return }
        let before = self.conversation.items.firstIndex { $0.id == item.id }.flatMap { index in
            index > 0 ? self.conversation.items[index - 1].id : nil
        }
        self.conversation.update(item.id) { stored in
            // A truncation that came before the end stands.
            item.audioMilliseconds = stored.audioMilliseconds
            stored = item
        }
        self.send("conversation.item.done", [("previous_item_id", StandInJSON(before)), ("item", item.json)])
    }

    /// `response_id`, `item_id`, `output_index` of the current item.
    private func place(of id: String) -> [(String, StandInJSON)] {
        guard let current = self.responses[id]?.current else { return [] }
        return [
            ("response_id", .string(id)), ("item_id", .string(current.item.id)),
            ("output_index", StandInJSON(current.index)),
        ]
    }
}
