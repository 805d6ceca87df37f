-- The telephony platform: customers, billing, traffic and what customers upload.
-- Months of calls and sms, keys to other tables and indexes follow once the rows are in.

CREATE TABLE customers (
    id bigint PRIMARY KEY,
    customer_number text NOT NULL UNIQUE,
    kind text NOT NULL CHECK (kind IN ('person', 'company')),
    entity text NOT NULL CHECK (entity IN ('EE', 'LV', 'PL')),
    name text NOT NULL,
    registration_code text,
    email text NOT NULL,
    billing_email text,
    phone text NOT NULL,
    street text NOT NULL,
    postcode text NOT NULL,
    city text NOT NULL,
    country text NOT NULL CHECK (length(country) = 2),
    language text NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE TABLE contacts (
    id bigint PRIMARY KEY,
    customer_id bigint NOT NULL,
    name text NOT NULL,
    job_title text NOT NULL,
    email text NOT NULL,
    phone text NOT NULL,
    country text NOT NULL CHECK (length(country) = 2),
    language text NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE TABLE contracts (
    id bigint PRIMARY KEY,
    customer_id bigint NOT NULL,
    contract_number text NOT NULL UNIQUE,
    service text NOT NULL,
    monthly_fee numeric(10, 2) NOT NULL,
    currency text NOT NULL,
    started_on date NOT NULL,
    ended_on date,
    CHECK (ended_on >= started_on)
);

CREATE TABLE invoices (
    id bigint PRIMARY KEY,
    customer_id bigint NOT NULL,
    contract_id bigint NOT NULL,
    invoice_number text NOT NULL UNIQUE,
    bill_to text NOT NULL,
    issued_on date NOT NULL,
    due_on date NOT NULL,
    net_amount numeric(10, 2) NOT NULL,
    vat_amount numeric(10, 2) NOT NULL,
    currency text NOT NULL
);

CREATE TABLE payments (
    id bigint PRIMARY KEY,
    invoice_id bigint NOT NULL,
    payer_name text NOT NULL,
    paid_on date NOT NULL,
    amount numeric(10, 2) NOT NULL,
    currency text NOT NULL,
    reference text NOT NULL
);

CREATE TABLE calls (
    id bigint NOT NULL,
    started_at timestamptz NOT NULL,
    customer_id bigint NOT NULL,
    direction text NOT NULL,
    caller_number text NOT NULL,
    callee_number text NOT NULL,
    duration_seconds integer NOT NULL,
    cost numeric(8, 4) NOT NULL,
    client_ip inet,
    PRIMARY KEY (started_at, id)
) PARTITION BY RANGE (started_at);

CREATE TABLE sms (
    id bigint NOT NULL,
    sent_at timestamptz NOT NULL,
    customer_id bigint NOT NULL,
    direction text NOT NULL,
    sender_number text NOT NULL,
    recipient_number text NOT NULL,
    parts smallint NOT NULL,
    cost numeric(8, 4) NOT NULL,
    client_ip inet,
    PRIMARY KEY (sent_at, id)
) PARTITION BY RANGE (sent_at);

CREATE TABLE support_messages (
    id bigint PRIMARY KEY,
    customer_id bigint,
    sender_name text NOT NULL,
    sender_email text NOT NULL,
    subject text NOT NULL,
    body text NOT NULL,
    language text NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE TABLE contact_lists (
    id bigint PRIMARY KEY,
    customer_id bigint NOT NULL,
    title text NOT NULL,
    uploaded_by_email text NOT NULL,
    uploaded_at timestamptz NOT NULL
);

CREATE TABLE contact_list_entries (
    id bigint PRIMARY KEY,
    contact_list_id bigint NOT NULL,
    dpa_reference text NOT NULL,
    name text NOT NULL,
    phone text NOT NULL,
    email text,
    country text NOT NULL CHECK (length(country) = 2)
);

CREATE TABLE access_log (
    id bigint PRIMARY KEY,
    at timestamptz NOT NULL,
    account_email text NOT NULL,
    ip inet NOT NULL,
    method text NOT NULL,
    path text NOT NULL,
    status smallint NOT NULL
);

CREATE TABLE marketing_subscribers (
    id bigint PRIMARY KEY,
    email text NOT NULL,
    name text NOT NULL,
    language text NOT NULL,
    source text NOT NULL,
    consented_at timestamptz NOT NULL,
    unsubscribed_at timestamptz
);

CREATE TABLE tariffs (
    id bigint PRIMARY KEY,
    service text NOT NULL UNIQUE,
    monthly_fee numeric(10, 2) NOT NULL,
    per_minute numeric(8, 4) NOT NULL,
    per_sms numeric(8, 4) NOT NULL
);
