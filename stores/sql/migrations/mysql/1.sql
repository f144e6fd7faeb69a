-- Binary columns: no letter case and no trailing space is ever taken for another.
CREATE TABLE IF NOT EXISTS {prefix}one_time (
    id VARBINARY(64) NOT NULL PRIMARY KEY,
    payload MEDIUMBLOB NOT NULL,
    expires_at BIGINT NOT NULL, -- milliseconds since 1970
    fence VARBINARY(64) NOT NULL, -- which history of the database wrote it
    KEY {prefix}one_time_expires_at (expires_at)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS {prefix}session (
    id VARBINARY(34) NOT NULL PRIMARY KEY,
    subject VARBINARY(255) NOT NULL,
    version BIGINT NOT NULL,
    ends_at BIGINT NOT NULL, -- milliseconds since 1970
    payload MEDIUMBLOB NOT NULL,
    KEY {prefix}session_subject (subject),
    KEY {prefix}session_ends_at (ends_at)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS {prefix}quota (
    id VARBINARY(32) NOT NULL PRIMARY KEY,
    whole_at BIGINT NOT NULL, -- microseconds since 1970
    KEY {prefix}quota_whole_at (whole_at)
) ENGINE = InnoDB;
