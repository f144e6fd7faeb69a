CREATE TABLE {prefix}one_time (
    id BLOB NOT NULL PRIMARY KEY,
    payload BLOB NOT NULL,
    expires_at INTEGER NOT NULL, -- milliseconds since 1970
    fence TEXT NOT NULL -- which history of the database wrote it
) WITHOUT ROWID;
CREATE INDEX {prefix}one_time_expires_at ON {prefix}one_time (expires_at);

CREATE TABLE {prefix}session (
    id BLOB NOT NULL PRIMARY KEY,
    subject BLOB NOT NULL,
    version INTEGER NOT NULL,
    ends_at INTEGER NOT NULL, -- milliseconds since 1970
    payload BLOB NOT NULL
);
CREATE INDEX {prefix}session_subject ON {prefix}session (subject);
CREATE INDEX {prefix}session_ends_at ON {prefix}session (ends_at);

CREATE TABLE {prefix}quota (
    id BLOB NOT NULL PRIMARY KEY,
    whole_at INTEGER NOT NULL, -- microseconds since 1970
    admitted INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX {prefix}quota_whole_at ON {prefix}quota (whole_at);
