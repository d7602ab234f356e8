CREATE TABLE client_registry.half (id BIGINT);

-- The next statement fails.

INSERT INTO client_registry.missing VALUES (1);
