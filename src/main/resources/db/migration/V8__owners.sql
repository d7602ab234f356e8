-- Clients are found by their owner, too. The log says whose lists a change has changed: a client came, went, or has another owner. Any other
-- change leaves the owners out, and their lists as they are. Texts come cut to one more than a header may hold, as they do everywhere; no
-- list is kept of an owner whose id is as long.
ALTER TABLE client_registry.registry_changes ADD COLUMN old_owner TEXT, ADD COLUMN new_owner TEXT;

CREATE OR REPLACE FUNCTION client_registry.log_clients() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO client_registry.registry_changes (xid, kind, id, version, op, new_owner)
        SELECT pg_current_xact_id(), 'client', client_id, version, 'I', left(owner_user_id, 2049) FROM new_rows;
    ELSIF TG_OP = 'UPDATE' THEN
        -- By id and FULL for the reasons given in V2.
        INSERT INTO client_registry.registry_changes (xid, kind, id, version, op, old_owner, new_owner)
        SELECT pg_current_xact_id(), 'client', coalesce(n.client_id, o.client_id), coalesce(n.version, o.version + 1),
            CASE WHEN o.client_id IS NULL THEN 'I' WHEN n.client_id IS NULL THEN 'D' ELSE 'U' END,
            CASE WHEN n.owner_user_id IS DISTINCT FROM o.owner_user_id THEN left(o.owner_user_id, 2049) END,
            CASE WHEN n.owner_user_id IS DISTINCT FROM o.owner_user_id THEN left(n.owner_user_id, 2049) END
        FROM old_rows o FULL JOIN new_rows n ON n.client_id = o.client_id
        WHERE n.version IS DISTINCT FROM o.version;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO client_registry.registry_changes (xid, kind, id, version, op, old_owner)
        SELECT pg_current_xact_id(), 'client', client_id, version + 1, 'D', left(owner_user_id, 2049) FROM old_rows;
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
        INSERT INTO client_registry.registry_changes (xid, kind, id, version, op, old_owner)
        VALUES (pg_current_xact_id(), 'client', OLD.client_id, OLD.version + 1, 'D', left(OLD.owner_user_id, 2049));
    END IF;
    IF TG_OP = 'INSERT' OR TG_OP = 'UPDATE' AND NEW.client_id <> OLD.client_id THEN
        INSERT INTO client_registry.registry_changes (xid, kind, id, version, op, new_owner)
        VALUES (pg_current_xact_id(), 'client', NEW.client_id, NEW.version, 'I', left(NEW.owner_user_id, 2049));
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO client_registry.registry_changes (xid, kind, id, version, op, old_owner, new_owner)
        VALUES (pg_current_xact_id(), 'client', NEW.client_id, NEW.version, 'U',
            CASE WHEN NEW.owner_user_id IS DISTINCT FROM OLD.owner_user_id THEN left(OLD.owner_user_id, 2049) END,
            CASE WHEN NEW.owner_user_id IS DISTINCT FROM OLD.owner_user_id THEN left(NEW.owner_user_id, 2049) END);
    END IF;
    PERFORM client_registry.request_seq();
    RETURN NULL;
END $$;
