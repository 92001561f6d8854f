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
        migrator.registerMigration("dialling") { db in try db.execute(sql: Self.dialling) }
        migrator.registerMigration("outbox") { db in try db.execute(sql: Self.outbox) }
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

    /// What placing calls needs: the persisted intent to dial, numbers that must not be called, and orders by their keys.
    private static let dialling = """
        ALTER TABLE calls ADD COLUMN dial_at REAL;
        ALTER TABLE calls ADD COLUMN dialled_at REAL;
        ALTER TABLE calls ADD COLUMN carrier_sequence INTEGER;
        ALTER TABLE calls ADD COLUMN answered_by TEXT;
        CREATE INDEX calls_to_dial ON calls (dial_at, created_at, call_id) WHERE status = 'queued';
        CREATE TABLE opt_outs (
            number TEXT NOT NULL PRIMARY KEY,
            at REAL NOT NULL,
            source TEXT NOT NULL
        ) WITHOUT ROWID;
        CREATE TABLE idempotency_keys (
            key TEXT NOT NULL PRIMARY KEY,
            body_hash TEXT NOT NULL,
            call_id TEXT NOT NULL,
            at REAL NOT NULL
        ) WITHOUT ROWID;
        CREATE INDEX idempotency_keys_by_age ON idempotency_keys (at);
        """

    /// What the hosted system of record has not heard yet.
    ///
    /// There is at most one row per call for the call itself, and one for the status of its lead. `version` counts the changes that a row stands for.
    ///
    /// `mirrored_attempt` of a call is the attempt that was last written there; 0 while the call is not there, as far as
    /// is known. `is_enriched` says that the facts about its lead and its business were looked up.
    private static let outbox = """
        ALTER TABLE calls ADD COLUMN mirrored_attempt INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE calls ADD COLUMN is_enriched INTEGER NOT NULL DEFAULT 0;
        CREATE TABLE outbox (
            seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
            call_id TEXT NOT NULL,
            kind TEXT NOT NULL,
            lead_id TEXT,
            lead_status TEXT,
            version INTEGER NOT NULL,
            queued_at REAL NOT NULL,
            due_at REAL NOT NULL,
            failures INTEGER NOT NULL DEFAULT 0,
            problem TEXT,
            UNIQUE (call_id, kind)
        );
        CREATE INDEX outbox_by_due ON outbox (due_at, seq);
        CREATE INDEX outbox_by_age ON outbox (queued_at);
        """
}
