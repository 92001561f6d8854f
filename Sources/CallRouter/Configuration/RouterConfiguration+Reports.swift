extension RouterConfiguration {
    /// Where failures are reported.
    static func sentryDSN(_ reader: inout ConfigurationReader) -> SentryDSN? {
        guard let text = reader.value(.sentryDSN) else { return nil }
        do throws(WebAddress.Fault) {
            let dsn = try SentryDSN(text)
            if dsn.isExposed {
                reader.warn(
                    "SENTRY_DSN has no TLS: whoever is on the way can read failure reports and the key. Use https:// "
                        + "outside of a network that you trust."
                )
            }
            return dsn
        } catch {
            reader.invalid(.sentryDSN, error.reason)
            return nil
        }
    }

    /// The name of the deployment, without what a name of an environment may not have.
    static func environmentName(_ reader: inout ConfigurationReader) -> String {
        let name = reader.value(.nodeEnvironment)?.prefix(64).filter { character in
            character.isASCII && (character.isLetter || character.isNumber || "-_.".contains(character))
        }
        guard let name, !name.isEmpty else { return "production" }
        return String(name)
    }

    /// Every value that must not leave this machine: keys, tokens, passwords, and the telephone numbers that are set.
    var secretValues: [String] {
        let secrets: [Secret?] = [
            self.openAI.apiKey, self.anthropic.apiKey, self.supabase?.key, self.webhooks.signingKey,
            self.streams.tokenSecret, self.api.token, self.dialling.redisURL, self.sentryDSN?.publicKey,
        ]
        var values = secrets.compactMap { $0?.value } + self.dialling.transferNumbers
        switch self.carrier {
        case nil: break
        case .signalWire(_, let token, _, let number), .twilio(_, let token, _, let number):
            values += [token.value, number]
        }
        // The password of a URL may stand alone, too.
        if let url = self.dialling.redisURL?.value, let user = url.split(separator: "@").first,
            let password = user.split(separator: ":").last, url.contains("@")
        {
            values.append(String(password))
        }
        return values
    }
}
