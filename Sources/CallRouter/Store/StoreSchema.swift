import GRDB

/// The tables of the embedded store and their history.
///
/// Instants are REAL seconds since 2001-01-01 00:00:00 UTC, as Foundation's `Date` keeps them, so that they come back
/// exactly: `datetime(created_at + 978307200, 'unixepoch')` shows one.
enum StoreSchema {
    /// Brings any older database up to date; a migration, once released, is never changed.
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("calls and journal") { db in
            try db.execute(sql: Self.calls)
            try db.execute(sql: Self.journal)
        }
        migrator.registerMigration("numbers") { db in try db.execute(sql: Self.numbers) }
        return migrator
    }

    /// One row per call; `transcript`, `usage` and `context` are JSON.
    private static let calls = """
        CREATE TABLE calls (
            call_id TEXT NOT NULL PRIMARY KEY,
            call_sid TEXT,
            direction TEXT NOT NULL,
            from_number TEXT,
            to_number TEXT,
            status TEXT NOT NULL,
            outcome TEXT,
            end_reason TEXT,
            call_type TEXT,
            objective TEXT,
            system_prompt TEXT,
            voice TEXT,
            lead_id TEXT,
            business_id TEXT,
            consumer_id TEXT,
            initiator_id TEXT,
            scheduled_time REAL,
            attempt INTEGER NOT NULL,
            created_at REAL NOT NULL,
            started_at REAL,
            ended_at REAL,
            duration_seconds INTEGER,
            transcript TEXT NOT NULL,
            summary TEXT,
            consumer_interest_level TEXT,
            next_action TEXT,
            appointment_time TEXT,
            quote_amount REAL,
            recording_url TEXT,
            error_message TEXT,
            usage TEXT NOT NULL,
            cost_usd REAL,
            context TEXT NOT NULL
        ) WITHOUT ROWID;
        CREATE INDEX calls_by_sid ON calls (call_sid, created_at) WHERE call_sid IS NOT NULL;
        CREATE INDEX calls_by_creation ON calls (created_at, call_id);
        CREATE INDEX calls_by_status ON calls (status, created_at, call_id);
        CREATE INDEX calls_awaiting_summary ON calls (ended_at) WHERE outcome IS NULL AND status IN ('completed', 'failed');
        """

    /// What happened in the calls whose record is not final; `event` is the JSON of one `JournalEntry.Event`.
    private static let journal = """
        CREATE TABLE journal (
            seq INTEGER NOT NULL PRIMARY KEY,
            call_id TEXT NOT NULL,
            at REAL NOT NULL,
            event TEXT NOT NULL
        );
        CREATE INDEX journal_by_call ON journal (call_id, seq);
        """

    /// Finds earlier calls from and to a number.
    private static let numbers = """
        CREATE INDEX calls_by_from_number ON calls (from_number) WHERE from_number IS NOT NULL;
        CREATE INDEX calls_by_to_number ON calls (to_number) WHERE to_number IS NOT NULL;
        """
}
