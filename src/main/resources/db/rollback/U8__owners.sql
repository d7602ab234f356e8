-- As they were in V2.
CREATE OR REPLACE FUNCTION client_registry.log_clients() RETURNS trigger
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

CREATE OR REPLACE FUNCTION client_registry.log_client_row() RETURNS trigger
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

ALTER TABLE client_registry.registry_changes DROP COLUMN old_owner, DROP COLUMN new_owner;
