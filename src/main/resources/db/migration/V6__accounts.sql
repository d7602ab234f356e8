-- Administration: who may change what, what was answered to whom, and tenants kept apart by the database itself.

-- What a tenant's administrator does is done as this role: it sees rows of that tenant alone, whatever the code above forgets. Roles belong
-- to the whole server, so it may be there already (another database, or made beforehand by who may make roles). Where it cannot be made,
-- all else works: tokens cannot be bound to a tenant, and whoever tries is told what is missing.
DO $$
BEGIN
    BEGIN
        IF to_regrole('portcullis_tenant') IS NULL THEN
            CREATE ROLE portcullis_tenant NOLOGIN;
        END IF;
    EXCEPTION
        -- Somebody else was faster.
        WHEN duplicate_object OR unique_violation THEN NULL;
    END;
    -- SET ROLE asks for it; to be a member is not enough since PostgreSQL 16. Who made the role may admit himself.
    IF NOT (CASE WHEN current_setting('server_version_num')::int >= 160000
        THEN pg_has_role(current_user, 'portcullis_tenant', 'SET') ELSE pg_has_role(current_user, 'portcullis_tenant', 'MEMBER') END) THEN
        EXECUTE format('GRANT portcullis_tenant TO %I', current_user);
    END IF;
EXCEPTION
    WHEN insufficient_privilege OR undefined_object THEN
        RAISE WARNING 'the role portcullis_tenant is missing, or not granted to %', current_user;
END $$;

-- Tokens of administrators. The token itself is stored nowhere: it has 256 random bits, so its SHA-256 is as good as a slow hash.
CREATE TABLE client_registry.admin_tokens (
    token_id   UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    name       TEXT NOT NULL,
    digest     BYTEA NOT NULL UNIQUE,
    role       VARCHAR NOT NULL CONSTRAINT admin_tokens_role_known CHECK (role IN ('viewer', 'operator', 'admin')),
    -- NULL: of all tenants.
    tenant_id  VARCHAR,
    created_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    created_by TEXT,
    expires_at TIMESTAMPTZ,
    revoked_at TIMESTAMPTZ
);
CREATE INDEX admin_tokens_by_tenant ON client_registry.admin_tokens (tenant_id, token_id);

-- What was answered under an Idempotency-Key, written in the transaction of what it answers: they are there both, or neither. An index on
-- the time, so that old ones are found; a key is one token's own.
CREATE TABLE client_registry.idempotency_keys (
    token_id        TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    -- SHA-256 of what was asked: method, path, query and body.
    request_hash    TEXT NOT NULL,
    -- {is_error, value, error}, without secrets.
    envelope        JSONB NOT NULL,
    -- By this the change's number in the log is found.
    xid             XID8 NOT NULL DEFAULT pg_current_xact_id(),
    created_at      TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (token_id, idempotency_key)
);
CREATE INDEX idempotency_keys_by_time ON client_registry.idempotency_keys (created_at);

-- Tenants. The policies bind portcullis_tenant and nobody else: other roles are let through by the first half, and what they may is said
-- by their grants, as before. Without the setting a tenant's role sees nothing (NULL is not true).
--
-- clients and client_keys are not FORCEd: the tenant's role does not own them, so that would add nothing for it, and PostgreSQL refuses
-- COPY FROM to an owner who is FORCEd. Loading them by COPY is promised. The others are.
ALTER TABLE client_registry.clients ENABLE ROW LEVEL SECURITY;
ALTER TABLE client_registry.client_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE client_registry.client_key_usage ENABLE ROW LEVEL SECURITY;
ALTER TABLE client_registry.audit_logs ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE client_registry.admin_tokens ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE client_registry.idempotency_keys ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON client_registry.clients
    USING (current_user <> 'portcullis_tenant' OR tenant_id = current_setting('portcullis.tenant', true));
CREATE POLICY tenant ON client_registry.client_keys
    USING (current_user <> 'portcullis_tenant'
        -- By the policy above.
        OR EXISTS (SELECT FROM client_registry.clients c WHERE c.client_id = client_keys.client_id));
CREATE POLICY tenant ON client_registry.client_key_usage
    USING (current_user <> 'portcullis_tenant'
        OR EXISTS (SELECT FROM client_registry.client_keys k WHERE k.key_id = client_key_usage.key_id));
CREATE POLICY tenant ON client_registry.audit_logs
    USING (current_user <> 'portcullis_tenant' OR tenant_id = current_setting('portcullis.tenant', true));
CREATE POLICY tenant ON client_registry.admin_tokens
    USING (current_user <> 'portcullis_tenant' OR tenant_id = current_setting('portcullis.tenant', true));
CREATE POLICY tenant ON client_registry.idempotency_keys USING (current_user <> 'portcullis_tenant');

-- Whether a tenant's administrator can work here; gives the role what it needs, where it is there by now.
CREATE FUNCTION client_registry.admit_tenants() RETURNS boolean
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF to_regrole('portcullis_tenant') IS NULL
        OR NOT (CASE WHEN current_setting('server_version_num')::int >= 160000
            THEN pg_has_role(current_user, 'portcullis_tenant', 'SET') ELSE pg_has_role(current_user, 'portcullis_tenant', 'MEMBER') END) THEN
        RETURN false;
    END IF;
    GRANT USAGE ON SCHEMA client_registry TO portcullis_tenant;
    GRANT SELECT, INSERT, UPDATE ON client_registry.clients, client_registry.client_keys, client_registry.admin_tokens TO portcullis_tenant;
    GRANT SELECT ON client_registry.client_key_usage TO portcullis_tenant;
    GRANT SELECT, INSERT ON client_registry.audit_logs TO portcullis_tenant;
    RETURN true;
END $$;
REVOKE EXECUTE ON FUNCTION client_registry.admit_tenants() FROM PUBLIC;
DO $$ BEGIN PERFORM client_registry.admit_tenants(); END $$;

-- Every node drops what it has of a client, or of all, and reads it anew: written into the log like a change, though nothing changed.
CREATE FUNCTION client_registry.forget(wanted UUID) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF wanted IS NULL THEN
        INSERT INTO client_registry.registry_changes (xid, kind, id, version, op)
        SELECT pg_current_xact_id(), kind, '*', 0, 'T' FROM (VALUES ('client'), ('key')) kinds (kind);
    ELSE
        INSERT INTO client_registry.registry_changes (xid, kind, id, version, op)
        SELECT pg_current_xact_id(), 'client', client_id, version, 'U' FROM client_registry.clients WHERE client_id = wanted;
        IF NOT FOUND THEN
            RETURN false;
        END IF;
        INSERT INTO client_registry.registry_changes (xid, kind, id, version, op, old_digest, new_digest)
        SELECT pg_current_xact_id(), 'key', key_id, version, 'U', digest, digest FROM client_registry.client_keys
        WHERE client_id = wanted;
    END IF;
    PERFORM client_registry.request_seq();
    RETURN true;
END $$;
REVOKE EXECUTE ON FUNCTION client_registry.forget(UUID) FROM PUBLIC;
