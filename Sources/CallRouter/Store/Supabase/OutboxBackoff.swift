/// How long to wait before the next attempt to write to Supabase.
enum OutboxBackoff {
    /// Where Supabase does not answer: 1 s, doubled up to a minute.
    static func outage(failures: Int, random: Double) -> Duration {
        Self.delay(first: .seconds(1), cap: .seconds(60), failures: failures, random: random)
    }

    /// Where one row is refused: half a minute, doubled up to an hour, in which an operator may mend the schema.
    static func refusal(failures: Int, random: Double) -> Duration {
        Self.delay(first: .seconds(30), cap: .seconds(3_600), failures: failures, random: random)
    }

    /// Half of the delay is certain, the other half is jitter, so that many routers do not come back at once.
    private static func delay(first: Duration, cap: Duration, failures: Int, random: Double) -> Duration {
        let whole = min(first * (1 << min(max(failures, 1) - 1, 16)), cap)
        return whole / 2 + whole / 2 * random
    }
}
