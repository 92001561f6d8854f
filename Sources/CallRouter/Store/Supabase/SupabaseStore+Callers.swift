import CallActors
import Foundation
import Logging
import NIOHTTP1
import Wire

extension SupabaseStore {
    /// What is on record about the holder of a number: as a lead, as a business, or as the far party of an earlier call.
    ///
    /// The caller hears it ring meanwhile: where Supabase does not answer in time, what is stored here must do.
    package func knownCaller(number: String) async -> KnownCaller? {
        async let known = self.local.knownCaller(number: number)
        let values = SupabaseRequest.anyOf(Self.notations(of: number))
        async let lead = self.newest("leads", ("contact_phone", values))
        async let business = self.newest("businesses", ("phone_number", values))
        async let call = self.newest(
            "calls",
            ("target_phone", values),
            select: "lead_id,business_id,consumer_id,leads(*),businesses(*)"
        )
        let (earlier, here) = (await call, await known)
        var found: [JSONDocument?] = [await lead, await business]
        guard found.contains(where: { $0 != nil }) || earlier != nil else { return here }
        let isLead = found[0] != nil
        let isBusiness = found[1] != nil
        // Who is nobody's lead or business themselves is greeted as in the call before.
        if !isLead, !isBusiness { found = [earlier?["leads"], earlier?["businesses"]] }
        var caller = KnownCaller(
            leadID: found[0]?["id"]?.text,
            businessID: found[1]?["id"]?.text,
            consumerID: earlier?["consumer_id"]?.text ?? here?.consumerID,
            context: SupabaseRow.context(lead: found[0], business: found[1], consumer: nil)
        )
        if isLead, !isBusiness, earlier?["lead_id"]?.text == caller.leadID {
            // A lead that was called for a business: both are in the talk.
            caller.businessID = earlier?["business_id"]?.text
            caller.context.merge(SupabaseRow.context(lead: nil, business: earlier?["businesses"], consumer: nil)) { $1 }
        }
        // What the order of an earlier call said counts where it was about the same.
        if let here, caller.leadID == nil || here.leadID == caller.leadID {
            caller.leadID = caller.leadID ?? here.leadID
            caller.businessID = caller.businessID ?? here.businessID
            caller.context.merge(here.context) { remote, _ in remote }
        }
        return caller
    }

    /// The newest row that a filter finds; nil where there is none, or no answer in time.
    private func newest(
        _ table: String,
        _ filter: (String, String),
        select: String = "*"
    ) async -> JSONDocument? {
        let request = SupabaseRequest(
            .GET,
            table,
            [("select", select), filter, ("order", "created_at.desc"), ("limit", "1")]
        )
        do throws(SupabaseError) {
            return try await self.client.send(request, timeout: Self.factsTimeout).body.elements?.first
        } catch {
            self.logger.warning("\(error) A caller is looked up in the embedded store alone.")
            return nil
        }
    }

    /// How a number in E.164 may be written in a table that people fill in.
    static func notations(of number: String) -> [String] {
        let digits = number.filter { $0.isASCII && $0.isNumber }
        guard !digits.isEmpty else { return [number] }
        var notations = [number, "+\(digits)", digits, "00\(digits)"]
        if digits.count == 11, digits.hasPrefix("1") {
            // Of the North American plan: +1 555 123 4567.
            let local = digits.dropFirst()
            let (area, exchange, line) = (local.prefix(3), local.dropFirst(3).prefix(3), local.suffix(4))
            for form in [
                "\(local)", "(\(area)) \(exchange)-\(line)", "(\(area))\(exchange)-\(line)",
                "\(area)-\(exchange)-\(line)",
                "\(area).\(exchange).\(line)", "\(area) \(exchange) \(line)",
            ] { notations += [form, "1\(form)", "1 \(form)", "1-\(form)", "+1\(form)", "+1 \(form)", "+1-\(form)"] }
        }
        var seen: Set<String> = []
        return notations.filter { seen.insert($0).inserted }
    }

    // MARK: - Initiators

    /// The user that a call is to be written for: its own, its consumer, its lead's owner, else `SUPABASE_INITIATOR_ID`.
    ///
    /// - Parameter call: The order.
    /// - Returns: The user; nil where there is none, and the order cannot be kept in Supabase.
    /// - Throws: ``StoreError/unavailable(_:)`` where only Supabase can tell, and does not answer.
    package func initiator(for call: NewCall) async throws(StoreError) -> String? {
        if let initiator = call.initiatorID ?? call.consumerID { return initiator }
        do throws(SupabaseError) {
            return try await self.writer.owner(ofLead: call.leadID) ?? self.initiatorID
        } catch {
            guard let initiatorID = self.initiatorID else { throw StoreError(error) }
            return initiatorID
        }
    }
}
