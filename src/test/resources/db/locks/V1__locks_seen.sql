-- The advisory locks that are held while Flyway migrates, as pg_advisory_lock() would be given them.
CREATE TABLE client_registry.locks_seen AS
SELECT (classid::BIGINT << 32) + objid::BIGINT AS key
FROM pg_locks
WHERE locktype = 'advisory' AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database());
