-- What stays until somebody removes it: clients, consents.
CREATE TABLE IF NOT EXISTS {prefix}entry (
    kind VARBINARY(32) NOT NULL,
    name VARBINARY(512) NOT NULL,
    payload MEDIUMBLOB NOT NULL,
    PRIMARY KEY (kind, name)
) ENGINE = InnoDB;
