-- Who did what, when and why. Rows are only ever added.

CREATE TABLE client_registry.audit_logs (
    id             BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    occurred_at    TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    tenant_id      VARCHAR,
    -- Who: a token's name, a node, a person. NULL where nobody can be named.
    actor          TEXT,
    action         TEXT NOT NULL,
    -- What it was done to, as kind:id, for instance client:5f0c….
    entity         TEXT,
    -- The record and its content id, where a verification sync writes.
    key            TEXT,
    cid            TEXT,
    correlation_id TEXT,
    reason         TEXT,
    -- Before and after, secrets masked by the writer.
    payload        JSONB
);

-- Keyset paging, newest first, on (occurred_at, id): alone, by tenant, by entity, by actor.
CREATE INDEX audit_logs_by_time ON client_registry.audit_logs (occurred_at, id);
CREATE INDEX audit_logs_by_tenant ON client_registry.audit_logs (tenant_id, occurred_at, id);
CREATE INDEX audit_logs_by_entity ON client_registry.audit_logs (entity, occurred_at, id);
CREATE INDEX audit_logs_by_actor ON client_registry.audit_logs (actor, occurred_at, id);
CREATE INDEX audit_logs_by_correlation ON client_registry.audit_logs (correlation_id) WHERE correlation_id IS NOT NULL;

-- A trigger and not revoked rights: the gateway's role owns the table, and an owner's rights come back with one GRANT. Who must shorten
-- the audit switches the trigger off for that transaction, by ALTER TABLE, which only the owner can.
CREATE FUNCTION client_registry.refuse_change() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '% on %.% is refused: rows are only ever added', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON client_registry.audit_logs
    FOR EACH STATEMENT EXECUTE FUNCTION client_registry.refuse_change();
ALTER TABLE client_registry.audit_logs ENABLE ALWAYS TRIGGER append_only;
