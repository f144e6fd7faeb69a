-- What stays until somebody removes it: clients, consents.
CREATE TABLE {prefix}entry (
    kind BLOB NOT NULL,
    name BLOB NOT NULL,
    payload BLOB NOT NULL,
    PRIMARY KEY (kind, name)
) WITHOUT ROWID;
