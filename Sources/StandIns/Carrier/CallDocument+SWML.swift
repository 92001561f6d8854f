extension CallDocument {
    private static let connectFields: Set<String> = [
        "to", "codec", "codecs", "name", "realtime", "authorization_bearer_token", "status_url", "custom_parameters",
        "result",
    ]

    /// Reads a SWML document as a carrier does: the section `main`.
    ///
    /// - Throws: ``Refusal`` for what is no SWML of version 1.0.0, for verbs and fields that it does not have, and for
    ///   the parts of it that this stand-in does not carry out.
    package init(parsingSWML text: String) throws(Refusal) {
        guard text.utf8.count <= 65_536 else { throw Refusal(reason: "it is larger than 64 KiB") }
        let json: StandInJSON
        do { json = try StandInJSON(parsing: text) } catch { throw Refusal(reason: "it is not JSON: \(error)") }
        guard json["version"]?.string == "1.0.0" else { throw Refusal(reason: "its version is not 1.0.0") }
        guard let main = json["sections"]?["main"]?.array else { throw Refusal(reason: "it has no section main") }
        self.init(verbs: try Self.verbs(main))
    }

    private static func verbs(_ steps: [StandInJSON]) throws(Refusal) -> [Verb] {
        var verbs: [Verb] = []
        for step in steps {
            // A verb without options may stand as its name alone.
            if let name = step.string {
                verbs += try Self.verbs(name, [:])
            } else if let members = step.members, members.count == 1 {
                verbs += try Self.verbs(members[0].name, members[0].value)
            } else {
                throw Refusal(reason: "a step that is not one verb")
            }
        }
        return verbs
    }

    private static func verbs(_ name: String, _ options: StandInJSON) throws(Refusal) -> [Verb] {
        switch name {
        case "answer": return []
        case "hangup": return [.hangup]
        case "connect": return [.connect(try Self.stream(swml: options))]
        case "transfer":
            guard let dest = options["dest"]?.string ?? options.string, !dest.isEmpty else {
                throw Refusal(reason: "transfer without dest")
            }
            return [.transfer(url: dest)]
        case "sleep":
            guard let milliseconds = options["duration"]?.int ?? options.int, milliseconds > 0 else {
                throw Refusal(reason: "sleep without a duration")
            }
            return [.pause(seconds: (milliseconds + 999) / 1000)]
        case "send_digits":
            guard let digits = options["digits"]?.string, Self.isDigits(digits) else {
                throw Refusal(reason: "send_digits without digits")
            }
            return [.playDigits(digits)]
        case "play":
            let urls = options["urls"]?.array?.compactMap(\.string) ?? [options["url"]?.string ?? ""]
            let texts = urls.filter { $0.hasPrefix("say:") }.map { String($0.dropFirst(4)) }
            guard texts.count == urls.count else { throw Refusal(reason: "play of something else than say:") }
            return texts.map { .say($0) }
        default: throw Refusal(reason: "\(name) is no verb that this stand-in knows")
        }
    }

    private static func stream(swml options: StandInJSON) throws(Refusal) -> Stream {
        for name in options.keys where !self.connectFields.contains(name) {
            throw Refusal(reason: "connect has no field \(name)")
        }
        guard let to = options["to"]?.string, to.hasPrefix("stream:") else {
            throw Refusal(reason: "connect to something else than a stream")
        }
        let url = String(to.dropFirst("stream:".count))
        try self.check(streamURL: url)
        var parameters: [String: String] = [:]
        for parameter in options["custom_parameters"]?.members ?? [] {
            guard let value = parameter.value.string else {
                throw Refusal(reason: "the custom parameter \(parameter.name) is not a string")
            }
            parameters[parameter.name] = value
        }
        var stream = Stream(
            url: url,
            authBearerToken: options["authorization_bearer_token"]?.string,
            codec: options["codec"]?.string,
            isRealtime: options["realtime"]?.bool ?? false,
            parameters: parameters
        )
        stream.name = options["name"]?.string
        stream.statusURL = options["status_url"]?.string
        stream.result = try self.result(options["result"])
        return stream
    }

    private static func result(_ json: StandInJSON?) throws(Refusal) -> ConnectResult? {
        guard let json else { return nil }
        guard json["variable"]?.string == "connect_result", let cases = json["case"]?.members else {
            throw Refusal(reason: "result is not a switch on connect_result")
        }
        var result = ConnectResult(cases: [:])
        for member in cases {
            guard let steps = member.value.array else { throw Refusal(reason: "a case that is not a list") }
            result.cases[member.name] = try self.verbs(steps)
        }
        result.otherwise = try self.verbs(json["default"]?.array ?? [])
        return result
    }
}
