import Foundation
import NIOCore
import NIOHTTP1
import Wire

/// Looks at everything that the store needs of Supabase, and changes nothing there.
struct SupabaseCheck: Sendable {
    private static let timeout = Duration.seconds(10)

    private let settings: RouterConfiguration.Supabase
    private let client: SupabaseClient

    init(settings: RouterConfiguration.Supabase, eventLoopGroup: any EventLoopGroup) {
        self.settings = settings
        self.client = SupabaseClient(
            url: settings.url.string,
            key: settings.key.value,
            eventLoopGroup: eventLoopGroup
        )
    }

    /// Makes the checks, and closes the connections; to be called once.
    func findings() async -> [Finding] {
        let findings = await self.look()
        await self.client.shutdown()
        return findings
    }

    private func look() async -> [Finding] {
        let subject = "Supabase"
        let started = ContinuousClock.now
        var request = SupabaseRequest(.GET, "calls", [("select", "id"), ("limit", "1")])
        request.prefer = ["count=exact"]
        let answer: SupabaseClient.Answer
        do throws(SupabaseError) {
            answer = try await self.client.send(request, timeout: Self.timeout)
        } catch {
            return [.failed(subject, error.description)]
        }
        let duration = started.duration(to: .now)
        var findings: [Finding] = [
            .ok(subject, "the key is accepted and the table calls can be read, answered in \(duration.milliseconds) ms")
        ]
        findings += await self.columnFindings()
        if self.isAnonymous {
            let isEmpty = answer.total ?? answer.body.elements?.count ?? 0 == 0
            findings.append(
                .warning(
                    subject,
                    isEmpty
                        ? "the key is an anonymous one, and it sees no call at all: row level security hides rows without an "
                            + "error, and calls would neither be found nor written. Set SUPABASE_SERVICE_ROLE_KEY."
                        : "the key is an anonymous one, and it can read calls: so can everybody who has it. Set "
                            + "SUPABASE_SERVICE_ROLE_KEY, and turn row level security on."
                )
            )
        }
        if let finding = await self.initiatorFinding() { findings.append(finding) }
        return findings
    }

    private func columnFindings() async -> [Finding] {
        do throws(SupabaseError) {
            let added = try await self.client.missing(SupabaseColumns.optional, timeout: Self.timeout)
            let original = try await self.client.missing(SupabaseColumns.original, timeout: Self.timeout)
            let needed = original.filter(SupabaseColumns.essential.contains)
            let kept = original.filter { !SupabaseColumns.essential.contains($0) }
            var findings: [Finding] = []
            if !added.isEmpty {
                let names = added.joined(separator: ", ")
                findings.append(
                    .warning(
                        "Supabase",
                        "the table calls has no \(names): what belongs there is kept in the embedded store alone. Apply "
                            + "ops/supabase/migration.sql."
                    )
                )
            }
            if !kept.isEmpty {
                findings.append(
                    .warning(
                        "Supabase",
                        "the table calls has no \(kept.joined(separator: ", ")), which the original schema has: what belongs "
                            + "there is kept in the embedded store alone. Add them as the original schema does."
                    )
                )
            }
            if !needed.isEmpty {
                findings.append(
                    .failed(
                        "Supabase",
                        "the table calls has no \(needed.joined(separator: ", ")): no call can be written. Add them as the "
                            + "original schema does, or check NEXT_PUBLIC_SUPABASE_URL."
                    )
                )
            }
            return findings
        } catch {
            return [.failed("Supabase", error.description)]
        }
    }

    private func initiatorFinding() async -> Finding? {
        guard let initiatorID = self.settings.initiatorID else {
            return .warning(
                "Supabase",
                "SUPABASE_INITIATOR_ID is not set: calls that neither an initiator, a consumer nor a lead belongs to, such as "
                    + "inbound ones from unknown numbers, cannot be written there. Set it to a users.id."
            )
        }
        let request = SupabaseRequest(
            .GET,
            "users",
            [("select", "id"), ("id", SupabaseRequest.anyOf([initiatorID])), ("limit", "1")]
        )
        do throws(SupabaseError) {
            let users = try await self.client.send(request, timeout: Self.timeout).body.elements ?? []
            guard users.isEmpty else { return nil }
            return .warning("Supabase", "SUPABASE_INITIATOR_ID names no row of users. Set it to a users.id.")
        } catch {
            return .failed("Supabase", error.description)
        }
    }

    /// The key has the role of the public: a JWT that says so, or a key of the new style for programs of the public.
    private var isAnonymous: Bool {
        let key = self.settings.key.value
        if key.hasPrefix("sb_") { return key.hasPrefix("sb_publishable_") }
        let parts = key.split(separator: ".")
        guard parts.count == 3 else { return false }
        let base64 = parts[1].replacing("-", with: "+").replacing("_", with: "/")
        let padding = String(repeating: "=", count: (4 - base64.utf8.count % 4) % 4)
        guard let data = Data(base64Encoded: base64 + padding) else { return false }
        return JSONDocument(parsing: String(decoding: data, as: UTF8.self))?["role"]?.text == "anon"
    }
}
