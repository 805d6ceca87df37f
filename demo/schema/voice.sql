-- The voice service: what controllers entrust under data processing agreements.

CREATE TABLE dpas (
    reference text PRIMARY KEY,
    controller_name text NOT NULL,
    signed_on date NOT NULL,
    ended_on date,
    retention_months smallint NOT NULL CHECK (retention_months BETWEEN 1 AND 12)
);

CREATE TABLE voicebot_answers (
    id bigint PRIMARY KEY,
    dpa_reference text NOT NULL,
    campaign text NOT NULL,
    respondent_name text NOT NULL,
    respondent_phone text NOT NULL,
    respondent_email text,
    country text NOT NULL CHECK (length(country) = 2),
    question text NOT NULL,
    answer text NOT NULL,
    answered_at timestamptz NOT NULL
);

CREATE TABLE recordings (
    id bigint PRIMARY KEY,
    dpa_reference text NOT NULL,
    caller_number text NOT NULL,
    callee_number text NOT NULL,
    started_at timestamptz NOT NULL,
    duration_seconds integer NOT NULL,
    storage_key text NOT NULL UNIQUE
);
