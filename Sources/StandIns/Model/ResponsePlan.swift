import Wire

/// A response cut into the steps in which the API sends it, in order.
///
/// Pure: the same reply gives the same plan.
package struct ResponsePlan: Sendable {
    package enum Step: Sendable, Equatable {
        case wait(Duration)
        case beginItem(Output)
        /// Words of the current item; they run ahead of its sound.
        case transcript(String)
        /// A piece of the current item's sound, in the session's output format.
        case audio([UInt8])
        case text(String)
        case arguments(String)
        case endItem
        case fail(code: String, message: String)
        case incomplete
    }

    /// An item that a response puts out.
    package enum Output: Sendable, Equatable {
        /// Speech; `number` is the source of its stamps.
        case speech(text: String, number: UInt32)
        case text(String)
        case call(name: String, arguments: String)
    }

    package var steps: [Step]

    /// Plans a response, written where it `isText` and else spoken in the session's output format.
    ///
    /// `tools` are the definitions of the tools that may be called; a call of another one is left out. `nextNumber` is
    /// called for every spoken item.
    package init(
        _ reply: ModelReply,
        isText: Bool,
        format: AudioFormat,
        tools: [StandInJSON],
        settings: ModelSettings,
        library: SpeechLibrary = .shared,
        nextNumber: () -> UInt32
    ) {
        var steps: [Step] = [.wait(settings.thinkingTime)]
        for step in reply.steps {
            switch step {
            case .say(let text) where isText:
                steps += [.beginItem(.text(text)), .text(text), .endItem]
            case .say(let text):
                let number = nextNumber()
                steps.append(.beginItem(.speech(text: text, number: number)))
                steps += Self.speech(library.clip(saying: text), number, format, settings)
                steps.append(.endItem)
            case .call(let name, let arguments):
                guard let tool = tools.first(where: { $0["name"]?.string == name }) else { continue }
                let text = Self.complete(arguments, schema: tool["parameters"]).text
                let middle = text.index(text.startIndex, offsetBy: text.count / 2)
                steps += [
                    .beginItem(.call(name: name, arguments: text)), .arguments(String(text[..<middle])),
                    .arguments(String(text[middle...])), .endItem,
                ]
            case .fail(let code, let message): steps.append(.fail(code: code, message: message))
            case .incomplete:
                // In the middle of what was begun: the end of the last item and half of its pieces are taken back.
                if steps.last == .endItem { steps.removeLast() }
                let pieces = steps.indices.filter { if case .audio = steps[$0] { true } else { false } }
                if pieces.count > 1 { steps.removeSubrange(pieces[pieces.count / 2]...) }
                steps.append(.incomplete)
            case .pause(let duration): steps.append(.wait(duration))
            }
        }
        self.steps = steps
    }

    /// The pieces of one spoken item: sound of 200 to 400 ms each, with twice as large a part of the words before it.
    private static func speech(
        _ clip: SpeechClip,
        _ number: UInt32,
        _ format: AudioFormat,
        _ settings: ModelSettings
    ) -> [Step] {
        let audio = self.stamped(clip, number, format)
        var random = SeededGenerator(seed: UInt64(number))
        var pieces: [[UInt8]] = []
        var start = 0
        while start < audio.count {
            // Irregular, and no multiple of a frame, as the API's own pieces are.
            let samples = Int.random(in: 200...400, using: &random) * format.sampleRate / 1000
            let size = (samples + Int.random(in: 0..<format.sampleRate / 100, using: &random)) * format.bytesPerSample
            let end = min(audio.count, start + size)
            pieces.append(Array(audio[start..<end]))
            start = end
        }
        let words = clip.text.split(separator: " ", omittingEmptySubsequences: true)
        var steps: [Step] = []
        var said = 0
        for (index, piece) in pieces.enumerated() {
            let due = min(words.count, (index + 1) * 2 * words.count / max(1, pieces.count))
            if due > said {
                let text = words[said..<due].joined(separator: " ")
                steps.append(.transcript(said == 0 ? text : " " + text))
                said = due
            }
            steps.append(.audio(piece))
            if index < pieces.count - 1 { steps.append(.wait(settings.pieceInterval)) }
        }
        return steps
    }

    private static func stamped(_ clip: SpeechClip, _ number: UInt32, _ format: AudioFormat) -> [UInt8] {
        let audio = AudioBytes.convert(muLaw: clip.muLaw, to: format)
        let size = format.frameByteCount
        var stamped: [UInt8] = []
        stamped.reserveCapacity(audio.count)
        for index in 0..<audio.count / size {
            var frame = Array(audio[index * size..<(index + 1) * size])
            let stamp = FrameStamp(
                source: number,
                sequence: UInt32(index),
                line: clip.line?.number ?? 0,
                offset: UInt16(truncatingIfNeeded: index)
            )
            stamp.write(to: &frame, format: format)
            stamped += frame
        }
        return stamped
    }

    /// `arguments` with a value for every required property that they lack, as the model always gives them.
    static func complete(_ arguments: StandInJSON, schema: StandInJSON?) -> StandInJSON {
        let properties = schema?["properties"]
        // What the tool does not know is left out.
        var complete = StandInJSON.object((arguments.members ?? []).filter { properties?[$0.name] != nil })
        for name in schema?["required"]?.array?.compactMap(\.string) ?? [] where complete[name] == nil {
            let property = properties?[name]
            let value: StandInJSON =
                if let choice = property?["enum"]?.array?.first {
                    choice
                } else {
                    switch property?["type"]?.string {
                    case "number", "integer": 0
                    case "boolean": false
                    case "array": []
                    case "object": [:]
                    default: "as discussed"
                    }
                }
            complete = complete.setting(name, value)
        }
        return complete
    }
}
