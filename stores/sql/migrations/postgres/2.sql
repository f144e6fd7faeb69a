-- What stays until somebody removes it: clients, consents.
CREATE TABLE {prefix}entry (
    kind BYTEA NOT NULL,
    name BYTEA NOT NULL,
    payload BYTEA NOT NULL,
    PRIMARY KEY (kind, name)
);
