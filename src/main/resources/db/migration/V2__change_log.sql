-- The change log: what every node reads to learn which cached records no longer hold.
--
-- A change and its log rows commit in one transaction, whoever the writer is. Each transaction that changed a record has one row in
-- registry_commits, which is numbered while it commits. Invariant: seq follows the order in which transactions become visible, so a reader
-- that has seen n has seen everything below n. Readers join the two tables by xid and order by seq; rows of one transaction have no order
-- among themselves, and need none: the highest version of an id wins.

CREATE SEQUENCE client_registry.registry_seq AS BIGINT NO CYCLE;

CREATE TABLE client_registry.registry_changes (
    xid        XID8 NOT NULL,
    -- 'client' or 'key'.
    kind       TEXT NOT NULL,
    -- The record's UUID; '*' for every record of the kind (TRUNCATE).
    id         TEXT NOT NULL,
    -- From here on, nothing of this id below this version holds. A deletion's is the odd number after the record's.
    version    BIGINT NOT NULL,
    -- 'I', 'U', 'D', or 'T' for TRUNCATE.
    op         TEXT NOT NULL,
    -- Keys only: what the key was found by before, and is found by now.
    old_digest BYTEA,
    new_digest BYTEA
);
-- A plain index, no key: this table is written in bulk and read by transaction.
CREATE INDEX registry_changes_by_xid ON client_registry.registry_changes (xid);
-- Pruning must go on where a publication covers all tables. (Better to publish clients and client_keys alone: a log belongs to the
-- database that numbered it.)
ALTER TABLE client_registry.registry_changes REPLICA IDENTITY FULL;

-- Half-filled pages: a row is written, marked and numbered within one transaction.
CREATE TABLE client_registry.registry_commits (
    xid          XID8 PRIMARY KEY,
    -- NULL until its transaction commits: no other transaction ever sees a NULL.
    seq          BIGINT,
    committed_at TIMESTAMPTZ
) WITH (fillfactor = 50);
-- Partial, so that a row enters it once, with its number. Answers current_seq() by its last entry.
CREATE UNIQUE INDEX registry_commits_by_seq ON client_registry.registry_commits (seq) WHERE seq IS NOT NULL;

-- Asks for a number at the end of this transaction. Normally the second and later statements of a transaction find the row there, without
-- a number, and leave it. A row that has one is either our own, numbered early by SET CONSTRAINTS, or a stranger's: a dump restored into
-- another cluster brings transaction ids that will be used again. Both are numbered anew; else the change would hide behind a seq that
-- readers have passed.
CREATE FUNCTION client_registry.request_seq() RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO client_registry.registry_commits AS c (xid) VALUES (pg_current_xact_id())
    ON CONFLICT (xid) DO UPDATE SET seq = NULL, committed_at = NULL WHERE c.seq IS NOT NULL
$$;
REVOKE EXECUTE ON FUNCTION client_registry.request_seq() FROM PUBLIC;

CREATE FUNCTION client_registry.log_clients() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO client_registry.registry_changes (xid, kind, id, version, op)
        SELECT pg_current_xact_id(), 'client', client_id, version, 'I' FROM new_rows;
    ELSIF TG_OP = 'UPDATE' THEN
        -- By id, not by row: a changed primary key is a deletion of the old id and an insertion of the new one, and where one statement
        -- hands an id from one record to another, that id was updated. A FULL join is also never planned as a nested loop: the plan is
        -- made for a session's first statement, which may have one row, and kept for its next, which may have a million.
        INSERT INTO client_registry.registry_changes (xid, kind, id, version, op)
        SELECT pg_current_xact_id(), 'client', coalesce(n.client_id, o.client_id), coalesce(n.version, o.version + 1),
            CASE WHEN o.client_id IS NULL THEN 'I' WHEN n.client_id IS NULL THEN 'D' ELSE 'U' END
        FROM old_rows o FULL JOIN new_rows n ON n.client_id = o.client_id
        WHERE n.version IS DISTINCT FROM o.version;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO client_registry.registry_changes (xid, kind, id, version, op)
        SELECT pg_current_xact_id(), 'client', client_id, version + 1, 'D' FROM old_rows;
    ELSE
        INSERT INTO client_registry.registry_changes (xid, kind, id, version, op)
        VALUES (pg_current_xact_id(), 'client', '*', nextval('client_registry.registry_version'), 'T');
    END IF;
    IF FOUND THEN
        PERFORM client_registry.request_seq();
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION client_registry.log_client_keys() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO client_registry.registry_changes (xid, kind, id, version, op, new_digest)
        SELECT pg_current_xact_id(), 'key', key_id, version, 'I', digest FROM new_rows;
    ELSIF TG_OP = 'UPDATE' THEN
        -- By id and FULL for the reasons given in log_clients().
        INSERT INTO client_registry.registry_changes (xid, kind, id, version, op, old_digest, new_digest)
        SELECT pg_current_xact_id(), 'key', coalesce(n.key_id, o.key_id), coalesce(n.version, o.version + 1),
            CASE WHEN o.key_id IS NULL THEN 'I' WHEN n.key_id IS NULL THEN 'D' ELSE 'U' END, o.digest, n.digest
        FROM old_rows o FULL JOIN new_rows n ON n.key_id = o.key_id
        WHERE n.version IS DISTINCT FROM o.version;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO client_registry.registry_changes (xid, kind, id, version, op, old_digest)
        SELECT pg_current_xact_id(), 'key', key_id, version + 1, 'D', digest FROM old_rows;
    ELSE
        INSERT INTO client_registry.registry_changes (xid, kind, id, version, op)
        VALUES (pg_current_xact_id(), 'key', '*', nextval('client_registry.registry_version'), 'T');
    END IF;
    IF FOUND THEN
        PERFORM client_registry.request_seq();
    END IF;
    RETURN NULL;
END $$;

-- Logical replication applies row by row and fires no statement triggers (PostgreSQL 18, "Logical Replication Architecture"), so where
-- session_replication_role is replica these log each row instead.
CREATE FUNCTION client_registry.log_client_row() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.version = OLD.version THEN
        RETURN NULL;
    END IF;
    IF TG_OP = 'DELETE' OR TG_OP = 'UPDATE' AND NEW.client_id <> OLD.client_id THEN
        INSERT INTO client_registry.registry_changes (xid, kind, id, version, op)
        VALUES (pg_current_xact_id(), 'client', OLD.client_id, OLD.version + 1, 'D');
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO client_registry.registry_changes (xid, kind, id, version, op)
        VALUES (pg_current_xact_id(), 'client', NEW.client_id, NEW.version,
            CASE WHEN TG_OP = 'INSERT' OR NEW.client_id <> OLD.client_id THEN 'I' ELSE 'U' END);
    END IF;
    PERFORM client_registry.request_seq();
    RETURN NULL;
END $$;

CREATE FUNCTION client_registry.log_client_key_row() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.version = OLD.version THEN
        RETURN NULL;
    END IF;
    IF TG_OP = 'DELETE' OR TG_OP = 'UPDATE' AND NEW.key_id <> OLD.key_id THEN
        INSERT INTO client_registry.registry_changes (xid, kind, id, version, op, old_digest)
        VALUES (pg_current_xact_id(), 'key', OLD.key_id, OLD.version + 1, 'D', OLD.digest);
    END IF;
    IF TG_OP = 'INSERT' OR TG_OP = 'UPDATE' AND NEW.key_id <> OLD.key_id THEN
        INSERT INTO client_registry.registry_changes (xid, kind, id, version, op, new_digest)
        VALUES (pg_current_xact_id(), 'key', NEW.key_id, NEW.version, 'I', NEW.digest);
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO client_registry.registry_changes (xid, kind, id, version, op, old_digest, new_digest)
        VALUES (pg_current_xact_id(), 'key', NEW.key_id, NEW.version, 'U', OLD.digest, NEW.digest);
    END IF;
    PERFORM client_registry.request_seq();
    RETURN NULL;
END $$;

CREATE TRIGGER log_insert AFTER INSERT ON client_registry.clients
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT WHEN (current_setting('session_replication_role') <> 'replica')
    EXECUTE FUNCTION client_registry.log_clients();
CREATE TRIGGER log_update AFTER UPDATE ON client_registry.clients
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT WHEN (current_setting('session_replication_role') <> 'replica')
    EXECUTE FUNCTION client_registry.log_clients();
CREATE TRIGGER log_delete AFTER DELETE ON client_registry.clients
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT WHEN (current_setting('session_replication_role') <> 'replica')
    EXECUTE FUNCTION client_registry.log_clients();
CREATE TRIGGER log_truncate AFTER TRUNCATE ON client_registry.clients
    FOR EACH STATEMENT EXECUTE FUNCTION client_registry.log_clients();
CREATE TRIGGER log_row AFTER INSERT OR UPDATE OR DELETE ON client_registry.clients
    FOR EACH ROW WHEN (current_setting('session_replication_role') = 'replica')
    EXECUTE FUNCTION client_registry.log_client_row();

CREATE TRIGGER log_insert AFTER INSERT ON client_registry.client_keys
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT WHEN (current_setting('session_replication_role') <> 'replica')
    EXECUTE FUNCTION client_registry.log_client_keys();
CREATE TRIGGER log_update AFTER UPDATE ON client_registry.client_keys
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT WHEN (current_setting('session_replication_role') <> 'replica')
    EXECUTE FUNCTION client_registry.log_client_keys();
CREATE TRIGGER log_delete AFTER DELETE ON client_registry.client_keys
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT WHEN (current_setting('session_replication_role') <> 'replica')
    EXECUTE FUNCTION client_registry.log_client_keys();
CREATE TRIGGER log_truncate AFTER TRUNCATE ON client_registry.client_keys
    FOR EACH STATEMENT EXECUTE FUNCTION client_registry.log_client_keys();
CREATE TRIGGER log_row AFTER INSERT OR UPDATE OR DELETE ON client_registry.client_keys
    FOR EACH ROW WHEN (current_setting('session_replication_role') = 'replica')
    EXECUTE FUNCTION client_registry.log_client_key_row();

-- Numbers a commit. Deferred, it runs when COMMIT does, takes the lock, draws the number and announces it. PostgreSQL gives the lock back
-- after it has made the transaction visible, so the next to draw a number becomes visible later: seq is the order of visibility. Until
-- COMMIT nobody waits for anybody.
--
-- It runs twice. The first run only marks the row with the time of the client's statement, which queues the trigger again behind all other
-- deferred work of this COMMIT; a foreign key that waits for another transaction must not do so under our lock. Where SET CONSTRAINTS …
-- IMMEDIATE runs it early, the constraint is put back to deferred and the next run, in another statement, starts over: also then the lock
-- is taken at COMMIT. (Several SET CONSTRAINTS in one client message can defeat that: the number is then drawn early and the lock kept
-- until COMMIT: others wait, nothing is out of order.)
--
-- NOTIFY makes PREPARE TRANSACTION fail, as it must: a prepared transaction would keep the lock for as long as its manager likes.
CREATE FUNCTION client_registry.number_commit() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    number BIGINT;
BEGIN
    -- By ctid, not by xid: under SERIALIZABLE an index scan would lock the index page and set all writers against each other.
    IF NEW.committed_at IS DISTINCT FROM statement_timestamp() THEN
        SET CONSTRAINTS client_registry.number_commit DEFERRED;
        UPDATE client_registry.registry_commits SET committed_at = statement_timestamp() WHERE ctid = NEW.ctid;
        RETURN NULL;
    END IF;
    -- The key spells "registry" in ASCII; advisory locks are per database.
    PERFORM pg_advisory_xact_lock(8243108395577799289);
    UPDATE client_registry.registry_commits
    SET seq = nextval('client_registry.registry_seq'), committed_at = clock_timestamp()
    WHERE ctid = NEW.ctid
    RETURNING seq INTO number;
    PERFORM pg_notify('registry_changes', number::text);
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER number_commit AFTER INSERT OR UPDATE ON client_registry.registry_commits
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.seq IS NULL)
    EXECUTE FUNCTION client_registry.number_commit();

ALTER TABLE client_registry.clients ENABLE ALWAYS TRIGGER log_insert;
ALTER TABLE client_registry.clients ENABLE ALWAYS TRIGGER log_update;
ALTER TABLE client_registry.clients ENABLE ALWAYS TRIGGER log_delete;
ALTER TABLE client_registry.clients ENABLE ALWAYS TRIGGER log_truncate;
ALTER TABLE client_registry.clients ENABLE ALWAYS TRIGGER log_row;
ALTER TABLE client_registry.client_keys ENABLE ALWAYS TRIGGER log_insert;
ALTER TABLE client_registry.client_keys ENABLE ALWAYS TRIGGER log_update;
ALTER TABLE client_registry.client_keys ENABLE ALWAYS TRIGGER log_delete;
ALTER TABLE client_registry.client_keys ENABLE ALWAYS TRIGGER log_truncate;
ALTER TABLE client_registry.client_keys ENABLE ALWAYS TRIGGER log_row;
ALTER TABLE client_registry.registry_commits ENABLE ALWAYS TRIGGER number_commit;

-- Position = (epoch, seq).

-- Raised by an operator after a restore that nothing else would give away.
CREATE TABLE client_registry.registry_epoch (
    one_row   BOOLEAN PRIMARY KEY DEFAULT true CONSTRAINT registry_epoch_one_row CHECK (one_row),
    counter   BIGINT NOT NULL,
    raised_at TIMESTAMPTZ NOT NULL DEFAULT now()
);
INSERT INTO client_registry.registry_epoch (counter) VALUES (1);

-- <system identifier>-<timeline>-<counter>. Fails on a standby (55000, "recovery is in progress"): a query that carries it cannot be
-- answered by one. The timeline is that of the WAL being written now; pg_control_checkpoint() would tell the last checkpoint's. The
-- identifier is that of the running cluster and never that of a dump's; a backend reads its control file (40 µs) once and remembers.
CREATE FUNCTION client_registry.current_epoch() RETURNS text
    LANGUAGE plpgsql STABLE AS $$
DECLARE
    cluster TEXT := pg_catalog.current_setting('portcullis.system_identifier', true);
BEGIN
    -- Empty, not NULL, after a rollback or RESET.
    IF pg_catalog.length(coalesce(cluster, '')) OPERATOR(pg_catalog.=) 0 THEN
        cluster := pg_catalog.set_config(
            'portcullis.system_identifier', ((pg_catalog.pg_control_system()).system_identifier)::pg_catalog.text, false);
    END IF;
    RETURN pg_catalog.concat(cluster, '-',
        ('x' OPERATOR(pg_catalog.||) pg_catalog.substr(
            pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_insert_lsn()), 1, 8))::pg_catalog.bit(32)::pg_catalog.int4,
        '-', (SELECT counter FROM client_registry.registry_epoch));
END $$;

-- The highest seq visible to the calling query. STABLE is what makes it true: the function then reads in the caller's snapshot, so that a
-- record loaded by the same query is at least as new as this position.
CREATE FUNCTION client_registry.current_seq() RETURNS bigint
    LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN coalesce((SELECT pg_catalog.max(seq) FROM client_registry.registry_commits), 0);
END $$;

-- What the barrier asks: which nodes there are and how far each has applied the log. Times are this database's. Not unlogged: a node that
-- is cut off must still be known after a crash here.
CREATE TABLE client_registry.node_heartbeats (
    node_id     TEXT PRIMARY KEY,
    -- How an operator knows the node: host name and process id, say.
    node_name   TEXT,
    epoch       TEXT NOT NULL,
    applied_seq BIGINT NOT NULL,
    started_at  TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    beat_at     TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    -- How long after its last beat the node may go on accepting what it has.
    lease_ms    BIGINT NOT NULL CONSTRAINT node_heartbeats_lease_not_negative CHECK (lease_ms >= 0),
    grace_ms    BIGINT NOT NULL CONSTRAINT node_heartbeats_grace_not_negative CHECK (grace_ms >= 0)
) WITH (fillfactor = 50);

-- What is wrong with the triggers that all this rests on: no rows when each is there, runs its own function and is enabled ALWAYS.
-- Readiness fails on any row.
CREATE FUNCTION client_registry.registry_trigger_faults()
    RETURNS TABLE (table_name TEXT, trigger_name TEXT, fault TEXT)
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH required (table_name, trigger_name, function_name) AS (VALUES
        ('clients', 'zz_1_equal_hashes', 'equal_hashes'),
        ('clients', 'zz_2_keep_version', 'keep_version'),
        ('clients', 'zz_3_stamp_version', 'stamp_version'),
        ('clients', 'zz_3_move_version', 'move_version'),
        ('clients', 'log_insert', 'log_clients'),
        ('clients', 'log_update', 'log_clients'),
        ('clients', 'log_delete', 'log_clients'),
        ('clients', 'log_truncate', 'log_clients'),
        ('clients', 'log_row', 'log_client_row'),
        ('client_keys', 'zz_2_keep_version', 'keep_version'),
        ('client_keys', 'zz_3_stamp_version', 'stamp_version'),
        ('client_keys', 'zz_3_move_version', 'move_version'),
        ('client_keys', 'log_insert', 'log_client_keys'),
        ('client_keys', 'log_update', 'log_client_keys'),
        ('client_keys', 'log_delete', 'log_client_keys'),
        ('client_keys', 'log_truncate', 'log_client_keys'),
        ('client_keys', 'log_row', 'log_client_key_row'),
        ('registry_commits', 'number_commit', 'number_commit'))
    SELECT r.table_name, r.trigger_name,
        CASE WHEN t.oid IS NULL THEN 'missing'
            WHEN t.tgenabled = 'D' THEN 'disabled'
            WHEN t.tgenabled <> 'A' THEN 'not enabled always'
            ELSE 'runs another function' END
    FROM required r
    LEFT JOIN pg_trigger t ON t.tgname = r.trigger_name AND NOT t.tgisinternal
        AND t.tgrelid = to_regclass('client_registry.' || r.table_name)
    WHERE t.oid IS NULL OR t.tgenabled <> 'A' OR t.tgfoid IS DISTINCT FROM to_regproc('client_registry.' || r.function_name)
$$;
