-- The shipped schema, as far as calls touch it: tables, defaults, constraints and the trigger on updated_at.

do $$
begin
    if not exists (select 1 from pg_roles where rolname = 'anon') then create role anon nologin; end if;
    if not exists (select 1 from pg_roles where rolname = 'service_role') then
        create role service_role nologin bypassrls;
    end if;
end
$$;

drop schema if exists public cascade;
create schema public;
grant usage on schema public to anon, service_role;
alter default privileges in schema public grant all on tables to anon, service_role;

create function update_updated_at() returns trigger language plpgsql as $$
begin
    new.updated_at = now();
    return new;
end
$$;

create table users (
    id text primary key,
    email text unique not null,
    full_name text,
    role text default 'consumer',
    subscription_tier text,
    account_status text,
    created_at timestamptz default now(),
    updated_at timestamptz default now()
);

create table leads (
    id uuid primary key default gen_random_uuid(),
    user_id text not null references users (id) on delete cascade,
    problem_text text not null,
    contact_phone varchar(20),
    contact_email text,
    service_category varchar(100),
    urgency varchar(50),
    budget_min integer,
    budget_max integer,
    location_zip varchar(10),
    location_city varchar(100),
    location_state char(2),
    key_requirements text[],
    sentiment varchar(50),
    quality_score numeric(3, 1),
    status varchar(50) default 'pending',
    classified_data jsonb,
    created_at timestamptz default now(),
    updated_at timestamptz default now()
);

create table businesses (
    id uuid primary key default gen_random_uuid(),
    user_id text references users (id) on delete set null,
    name text not null,
    phone_number varchar(20) not null,
    email text not null,
    description text,
    address text,
    city text,
    state text,
    zip_code text,
    service_categories varchar[],
    price_tier text check (price_tier in ('budget', 'standard', 'premium')),
    offers_emergency_service boolean default false,
    is_licensed boolean default false,
    is_insured boolean default false,
    rating numeric(3, 2),
    years_in_business integer,
    completed_jobs integer,
    avg_response_hours integer,
    avg_job_price numeric,
    tags text[],
    max_monthly_leads integer,
    current_month_leads integer,
    notifications_paused boolean default false,
    is_active boolean default true,
    subscription_tier text,
    subscription_status text,
    created_at timestamptz default now(),
    updated_at timestamptz default now()
);

create table calls (
    id uuid primary key default gen_random_uuid(),
    lead_id uuid references leads (id) on delete set null,
    business_id uuid references businesses (id) on delete set null,
    consumer_id text references users (id) on delete set null,
    initiator_id text not null references users (id),
    target_phone varchar(20) not null,
    call_type varchar(100),
    call_objective text not null,
    system_prompt text,
    status varchar(50) not null default 'queued',
    scheduled_time timestamptz,
    scheduled_for timestamptz,
    started_at timestamptz,
    ended_at timestamptz,
    duration_seconds integer,
    transcript jsonb,
    summary text,
    outcome varchar(100),
    recording_url text,
    estimated_cost_usd numeric(10, 4),
    actual_cost_usd numeric(10, 4),
    cost_breakdown jsonb,
    created_at timestamptz default now(),
    updated_at timestamptz default now()
);

create index calls_lead_id on calls (lead_id);
create index calls_business_id on calls (business_id);
create index calls_consumer_id on calls (consumer_id);
create index calls_initiator_id on calls (initiator_id);
create index calls_status on calls (status);
create index calls_created_at on calls (created_at);

create trigger users_updated_at before update on users for each row execute function update_updated_at();
create trigger leads_updated_at before update on leads for each row execute function update_updated_at();
create trigger businesses_updated_at before update on businesses for each row execute function update_updated_at();
create trigger calls_updated_at before update on calls for each row execute function update_updated_at();
