-- The registry: clients, their keys, and the version that every cached record carries.
--
-- Names and types of client_registry.clients are a contract (other systems write it with plain SQL). Columns that existing systems may
-- leave empty are nullable, and nothing is checked here that only a reader can judge: a broken row is refused when it is used.
--
-- The schema is there: the migration history lives in it. Making it here would ask for CREATE on the database, which a role may lack where
-- an administrator has made the schema for it.

-- One sequence for all records, so a record that is deleted and created again never starts over. It belongs to no column: TRUNCATE …
-- RESTART IDENTITY must not reset it. Records get every second number; the odd number after a record's version is the version of its
-- deletion (see V2), which is therefore above the record's and below that of any successor, in whatever order one statement deletes and
-- creates.
CREATE SEQUENCE client_registry.registry_version AS BIGINT INCREMENT BY 2 MINVALUE 2 START WITH 2 NO CYCLE;

CREATE TABLE client_registry.clients (
    client_id          UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    -- Not unique: nothing has ever promised it, and an import from an existing system must not fail half way. client_id names a client.
    client_code        VARCHAR,
    client_secret_hash TEXT,
    -- Alias of client_secret_hash: either may be written, triggers keep them equal.
    api_key_hash       TEXT,
    bap_id             VARCHAR,
    bap_uri            TEXT,
    -- NULL and empty: any address.
    allowed_ips        CIDR[],
    -- Requests per window; NULL: the configured default.
    rate_limit         INTEGER,
    status             VARCHAR NOT NULL DEFAULT 'PENDING'
        CONSTRAINT clients_status_known CHECK (status IN ('PENDING', 'ACTIVE', 'SUSPENDED', 'REVOKED', 'REJECTED')),
    metadata           JSONB,
    tenant_id          VARCHAR,
    owner_user_id      VARCHAR,
    scopes             TEXT[] NOT NULL DEFAULT '{}',
    -- How long a node that is cut off may go on serving this client; NULL: freshness.grace, 0: strict, not beyond the lease.
    grace_seconds      INTEGER CONSTRAINT clients_grace_not_negative CHECK (grace_seconds >= 0),
    created_at         TIMESTAMPTZ NOT NULL DEFAULT now(),
    -- Moves with the version; a writer's own value is overridden on UPDATE.
    updated_at         TIMESTAMPTZ NOT NULL DEFAULT now(),
    last_synced_at     TIMESTAMPTZ,
    -- No default: without its trigger a row cannot be written.
    version            BIGINT NOT NULL,
    -- Holds even while somebody has switched the trigger off.
    CONSTRAINT clients_hashes_equal CHECK (client_secret_hash IS NOT DISTINCT FROM api_key_hash)
);

-- Keyset paging of the management API: by owner, by tenant, by code.
CREATE INDEX clients_by_owner ON client_registry.clients (owner_user_id, client_id);
CREATE INDEX clients_by_tenant ON client_registry.clients (tenant_id, client_id);
CREATE INDEX clients_by_code ON client_registry.clients (client_code, client_id);

CREATE TABLE client_registry.client_keys (
    key_id     UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    client_id  UUID NOT NULL REFERENCES client_registry.clients ON UPDATE CASCADE ON DELETE CASCADE,
    -- HMAC-SHA-256 of the key under the pepper named by pepper_id: what a credential is looked up by. The key itself is stored nowhere.
    digest     BYTEA NOT NULL UNIQUE,
    pepper_id  TEXT NOT NULL,
    -- The key's first characters, enough for its owner to recognise it.
    prefix     TEXT NOT NULL,
    name       TEXT,
    status     VARCHAR NOT NULL DEFAULT 'ACTIVE'
        CONSTRAINT client_keys_status_known CHECK (status IN ('ACTIVE', 'REVOKED')),
    scopes     TEXT[] NOT NULL DEFAULT '{}',
    not_before TIMESTAMPTZ,
    expires_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    version    BIGINT NOT NULL
);

CREATE INDEX client_keys_by_client ON client_registry.client_keys (client_id, key_id);

-- Written often and deciding nothing: a table of its own, so that usage moves no version and writes no change. Room on the page keeps its
-- updates off the index.
CREATE TABLE client_registry.client_key_usage (
    key_id       UUID PRIMARY KEY REFERENCES client_registry.client_keys ON UPDATE CASCADE ON DELETE CASCADE,
    last_used_at TIMESTAMPTZ,
    use_count    BIGINT NOT NULL DEFAULT 0
) WITH (fillfactor = 70);

-- The per-row functions. They run for every row of a bulk write, so each is a few assignments and every condition stands in a WHEN clause,
-- which is parsed once, here, and costs no call. SECURITY DEFINER lets a writer that holds rights on the table alone draw a version. They
-- have no SET search_path, which would cost more than all the rest of the call, and need none: there is no name and no operator in them
-- that a search path could give another meaning.

CREATE FUNCTION client_registry.stamp_version() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    NEW.version := pg_catalog.nextval('client_registry.registry_version'::pg_catalog.regclass);
    RETURN NEW;
END $$;

CREATE FUNCTION client_registry.move_version() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    NEW.version := pg_catalog.nextval('client_registry.registry_version'::pg_catalog.regclass);
    NEW.updated_at := pg_catalog.now();
    RETURN NEW;
END $$;

CREATE FUNCTION client_registry.keep_version() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    NEW.version := OLD.version;
    RETURN NEW;
END $$;

-- Runs only for rows whose two hashes differ, so it can afford a search path.
CREATE FUNCTION client_registry.equal_hashes() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' AND NEW.client_secret_hash IS NULL
        OR TG_OP = 'UPDATE' AND NEW.client_secret_hash IS NOT DISTINCT FROM OLD.client_secret_hash THEN
        NEW.client_secret_hash := NEW.api_key_hash;
    ELSIF TG_OP = 'INSERT' AND NEW.api_key_hash IS NULL
        OR TG_OP = 'UPDATE' AND NEW.api_key_hash IS NOT DISTINCT FROM OLD.api_key_hash THEN
        NEW.api_key_hash := NEW.client_secret_hash;
    ELSE
        RAISE EXCEPTION 'client % was given two different secrets', NEW.client_id
            USING ERRCODE = 'check_violation',
                DETAIL = 'api_key_hash is an alias of client_secret_hash.',
                HINT = 'Write one of the two, or the same value to both.',
                SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME, CONSTRAINT = 'clients_hashes_equal';
    END IF;
    RETURN NEW;
END $$;

-- BEFORE triggers fire in the order of their names and each sees what the one before it made of the row. zz: after those that somebody
-- else may add, so that what they change is seen.
CREATE TRIGGER zz_1_equal_hashes BEFORE INSERT OR UPDATE ON client_registry.clients
    FOR EACH ROW WHEN (NEW.client_secret_hash IS DISTINCT FROM NEW.api_key_hash)
    EXECUTE FUNCTION client_registry.equal_hashes();
CREATE TRIGGER zz_2_keep_version BEFORE UPDATE ON client_registry.clients
    FOR EACH ROW WHEN (NEW.version IS DISTINCT FROM OLD.version)
    EXECUTE FUNCTION client_registry.keep_version();
CREATE TRIGGER zz_3_stamp_version BEFORE INSERT ON client_registry.clients
    FOR EACH ROW EXECUTE FUNCTION client_registry.stamp_version();
-- Every column but created_at, updated_at and last_synced_at decides something: a request, or what an editor was shown (If-Match).
CREATE TRIGGER zz_3_move_version BEFORE UPDATE ON client_registry.clients
    FOR EACH ROW WHEN (NEW.status IS DISTINCT FROM OLD.status
        OR NEW.client_id IS DISTINCT FROM OLD.client_id
        OR NEW.client_secret_hash IS DISTINCT FROM OLD.client_secret_hash
        OR NEW.allowed_ips IS DISTINCT FROM OLD.allowed_ips
        OR NEW.rate_limit IS DISTINCT FROM OLD.rate_limit
        OR NEW.client_code IS DISTINCT FROM OLD.client_code
        OR NEW.bap_id IS DISTINCT FROM OLD.bap_id
        OR NEW.bap_uri IS DISTINCT FROM OLD.bap_uri
        OR NEW.tenant_id IS DISTINCT FROM OLD.tenant_id
        OR NEW.owner_user_id IS DISTINCT FROM OLD.owner_user_id
        OR NEW.scopes IS DISTINCT FROM OLD.scopes
        OR NEW.grace_seconds IS DISTINCT FROM OLD.grace_seconds
        OR NEW.metadata IS DISTINCT FROM OLD.metadata)
    EXECUTE FUNCTION client_registry.move_version();

CREATE TRIGGER zz_2_keep_version BEFORE UPDATE ON client_registry.client_keys
    FOR EACH ROW WHEN (NEW.version IS DISTINCT FROM OLD.version)
    EXECUTE FUNCTION client_registry.keep_version();
CREATE TRIGGER zz_3_stamp_version BEFORE INSERT ON client_registry.client_keys
    FOR EACH ROW EXECUTE FUNCTION client_registry.stamp_version();
CREATE TRIGGER zz_3_move_version BEFORE UPDATE ON client_registry.client_keys
    FOR EACH ROW WHEN (NEW.status IS DISTINCT FROM OLD.status
        OR NEW.key_id IS DISTINCT FROM OLD.key_id
        OR NEW.client_id IS DISTINCT FROM OLD.client_id
        OR NEW.digest IS DISTINCT FROM OLD.digest
        OR NEW.pepper_id IS DISTINCT FROM OLD.pepper_id
        OR NEW.prefix IS DISTINCT FROM OLD.prefix
        OR NEW.name IS DISTINCT FROM OLD.name
        OR NEW.scopes IS DISTINCT FROM OLD.scopes
        OR NEW.not_before IS DISTINCT FROM OLD.not_before
        OR NEW.expires_at IS DISTINCT FROM OLD.expires_at)
    EXECUTE FUNCTION client_registry.move_version();

-- ALWAYS: also where session_replication_role is replica (restores, logical replication).
ALTER TABLE client_registry.clients ENABLE ALWAYS TRIGGER zz_1_equal_hashes;
ALTER TABLE client_registry.clients ENABLE ALWAYS TRIGGER zz_2_keep_version;
ALTER TABLE client_registry.clients ENABLE ALWAYS TRIGGER zz_3_stamp_version;
ALTER TABLE client_registry.clients ENABLE ALWAYS TRIGGER zz_3_move_version;
ALTER TABLE client_registry.client_keys ENABLE ALWAYS TRIGGER zz_2_keep_version;
ALTER TABLE client_registry.client_keys ENABLE ALWAYS TRIGGER zz_3_stamp_version;
ALTER TABLE client_registry.client_keys ENABLE ALWAYS TRIGGER zz_3_move_version;
