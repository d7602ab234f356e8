-- What another system, the source (the Admin Service), says of clients: how far it was heard, and whether this registry agrees with it.

-- What the source has said of a client, beside the client: by this, what it says late or twice changes nothing. A row for each client that
-- it ever spoke of. Goes with the client: who is made anew is told everything anew.
CREATE TABLE client_registry.source_clients (
    client_id   UUID PRIMARY KEY REFERENCES client_registry.clients ON UPDATE CASCADE ON DELETE CASCADE
        -- This row is locked before the client is there: writers who meet the same new client wait for each other here.
        DEFERRABLE INITIALLY DEFERRED,
    -- The status that the source last gave, but for SUSPENDED and REVOKED, which only ever lower a client. NULL: it gave none. A client below it
    -- was lowered here, and is not raised by the source.
    status      VARCHAR,
    -- The hash of the client's secret that the source last gave. The client's own may stand under another pepper by now.
    secret_hash TEXT,
    -- When it said what: a list of [version, microseconds since 1970, id, [fields]], see io.portcullis.source.Stamp.
    stamps      JSONB NOT NULL DEFAULT '[]'
);

-- Ids of events that were applied. An id that stands here is not applied again; it is pruned long after anybody repeats it.
CREATE TABLE client_registry.source_events (
    event_id   TEXT PRIMARY KEY,
    applied_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX source_events_by_time ON client_registry.source_events (applied_at);

-- Verification: the content id of each client that the source has, as of the last time the two were compared.
CREATE TABLE client_registry.cids (
    -- No foreign key: a client that was deleted here is still known to the source.
    client_id   UUID PRIMARY KEY,
    -- <version of the canonical form>:<SHA-256 of it, hex>, of the client as it is here; NULL where it is only there.
    cid         TEXT,
    sync_status VARCHAR NOT NULL
        CONSTRAINT cids_status_known CHECK (sync_status IN ('MATCHED', 'REPAIRED', 'REPORTED', 'ABSENT_AT_SOURCE')),
    synced_at   TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 70);
-- What a person wants to see of a million rows.
CREATE INDEX cids_not_matched ON client_registry.cids (sync_status, client_id) WHERE sync_status IN ('REPORTED', 'ABSENT_AT_SOURCE');

-- One row a day: a second run of the day updates it, an interrupted one goes on from its cursor.
CREATE TABLE client_registry.sync_batches (
    batch_date   DATE PRIMARY KEY,
    -- Of the lock under which it runs. Who comes with a smaller one than stands here has lost the lock, and writes nothing.
    token        BIGINT NOT NULL,
    status       VARCHAR NOT NULL
        CONSTRAINT sync_batches_status_known CHECK (status IN ('RUNNING', 'COMPLETED', 'FAILED', 'INTERRUPTED')),
    -- Where the source goes on; NULL at its beginning.
    cursor       TEXT,
    -- Clients of the source that were compared; and of these: equal, made equal, and left unequal.
    total        BIGINT NOT NULL DEFAULT 0,
    matched      BIGINT NOT NULL DEFAULT 0,
    repaired     BIGINT NOT NULL DEFAULT 0,
    reported     BIGINT NOT NULL DEFAULT 0,
    -- Equal in the end: matched and repaired.
    synced       BIGINT NOT NULL GENERATED ALWAYS AS (matched + repaired) STORED,
    -- Clients that the source has had, and has no more.
    absent       BIGINT NOT NULL DEFAULT 0,
    started_at   TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    updated_at   TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    completed_at TIMESTAMPTZ,
    error        TEXT
) WITH (fillfactor = 50);

CREATE INDEX audit_logs_by_key ON client_registry.audit_logs (key, occurred_at, id) WHERE key IS NOT NULL;
