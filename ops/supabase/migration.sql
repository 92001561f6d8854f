-- What CallRouter writes to the table calls, and the original schema lacks.
--
-- Safe to run again and again, also while calls are made. Without it the router works: it leaves these columns out, says
-- so once for each, and keeps their values in its embedded store. With the Supabase command line:
--     psql "$DATABASE_URL" -v ON_ERROR_STOP=1 -f ops/supabase/migration.sql

begin;

-- The carrier's identifier of the call, of SignalWire or Twilio alike: finds the call of a stream or a callback.
alter table public.calls add column if not exists twilio_call_sid text;
-- The carrier's word for where the call stands, for programs that read it.
alter table public.calls add column if not exists twilio_status text;
-- Which attempt the status belongs to.
alter table public.calls add column if not exists attempt_number integer default 0;
-- What went wrong, in one sentence.
alter table public.calls add column if not exists error_message text;
-- Why the call ended: caller_hangup, ai_hangup, transferred, voicemail, no_answer, busy, …
alter table public.calls add column if not exists end_reason text;
-- What the summary found.
alter table public.calls add column if not exists consumer_interest_level text;
alter table public.calls add column if not exists next_action text;
alter table public.calls add column if not exists appointment_time timestamptz;
alter table public.calls add column if not exists quote_amount numeric;

-- One call per carrier's identifier. Where an older program wrote one twice, only the lookup is indexed.
do $$
begin
    if exists (
        select 1 from public.calls where twilio_call_sid is not null group by twilio_call_sid having count(*) > 1
    ) then
        create index if not exists calls_twilio_call_sid_idx on public.calls (twilio_call_sid);
        raise warning 'calls.twilio_call_sid has duplicates: the index on it is not unique';
    else
        create unique index if not exists calls_twilio_call_sid_key on public.calls (twilio_call_sid);
    end if;
end
$$;

-- Callers are looked up by their number.
create index if not exists calls_target_phone_idx on public.calls (target_phone);
create index if not exists leads_contact_phone_idx on public.leads (contact_phone);
create index if not exists businesses_phone_number_idx on public.businesses (phone_number);

commit;

-- PostgREST reads the schema again.
notify pgrst, 'reload schema';
