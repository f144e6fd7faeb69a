CREATE TABLE {prefix}one_time (
    id BYTEA PRIMARY KEY,
    payload BYTEA NOT NULL,
    expires_at BIGINT NOT NULL, -- milliseconds since 1970
    fence TEXT NOT NULL -- which history of the database wrote it
);
CREATE INDEX {prefix}one_time_expires_at ON {prefix}one_time (expires_at);

CREATE TABLE {prefix}session (
    id BYTEA PRIMARY KEY,
    subject BYTEA NOT NULL,
    version BIGINT NOT NULL,
    ends_at BIGINT NOT NULL, -- milliseconds since 1970
    payload BYTEA NOT NULL
);
CREATE INDEX {prefix}session_subject ON {prefix}session (subject);
CREATE INDEX {prefix}session_ends_at ON {prefix}session (ends_at);

CREATE TABLE {prefix}quota (
    id BYTEA PRIMARY KEY,
    whole_at BIGINT NOT NULL, -- microseconds since 1970
    admitted BOOLEAN NOT NULL
);
CREATE INDEX {prefix}quota_whole_at ON {prefix}quota (whole_at);
