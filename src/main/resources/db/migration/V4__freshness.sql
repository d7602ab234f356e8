-- What readers of the change log need beside the log: to see that it was cut off behind them, to give up a history, and to keep it short.

-- The highest seq that is no longer in the log. A reader that stands below it has missed something and starts over. In the log's own
-- snapshot: one statement reads both.
CREATE TABLE client_registry.registry_pruned (
    one_row   BOOLEAN PRIMARY KEY DEFAULT true CONSTRAINT registry_pruned_one_row CHECK (one_row),
    seq       BIGINT NOT NULL,
    pruned_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp()
);
INSERT INTO client_registry.registry_pruned (seq) VALUES (0);

-- Begins another epoch, in which nothing counts that was cached before: if the present one is still the expected one (NULL: in any case), so
-- that many nodes which notice the same thing raise it once. Never a counter that was used before: a restore takes the counter back, too, so
-- the next one is a point in time. Wakes the readers. Returns the epoch that is in force.
CREATE FUNCTION client_registry.raise_epoch(expected TEXT) RETURNS text
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM FROM client_registry.registry_epoch FOR UPDATE;
    IF expected IS NULL OR expected = client_registry.current_epoch() THEN
        UPDATE client_registry.registry_epoch
        SET counter = greatest(counter + 1, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint), raised_at = clock_timestamp();
        PERFORM pg_notify('registry_changes', '0');
    END IF;
    RETURN client_registry.current_epoch();
END $$;

-- Cuts off the log's old end: what is older than keep_age, and what is more than keep_changes. Never what a node still has to read that may
-- be accepting cached records, and never the newest commit: current_seq() reads it. One batch of commits for each call; returns how many
-- were cut off, 0 also while somebody else is at it.
CREATE FUNCTION client_registry.prune_log(keep_age INTERVAL, keep_changes BIGINT, batch INTEGER) RETURNS bigint
    -- Without sequential scans: a commit of a million rows makes the planner think that any has as many, and read the table for each.
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $$
DECLARE
    readable BIGINT;
    excess   BIGINT;
    upto     BIGINT;
    cut      BIGINT;
BEGIN
    -- One more than the key of the commits' own lock.
    IF NOT pg_try_advisory_xact_lock(8243108395577799290) THEN
        RETURN 0;
    END IF;
    SELECT least(client_registry.current_seq() - 1, min(applied_seq)) INTO readable
    FROM client_registry.node_heartbeats
    WHERE epoch = client_registry.current_epoch()
        AND clock_timestamp() < beat_at + (lease_ms + grace_ms) * INTERVAL '1 millisecond';
    -- Counted no further than needed: what one call can cut off, and a little more.
    SELECT count(*) - keep_changes INTO excess
    FROM (SELECT FROM client_registry.registry_changes LIMIT keep_changes + 1000000) c;
    SELECT max(seq), count(*) INTO upto, cut
    FROM (
        SELECT seq, committed_at, sum(changes) OVER (ORDER BY seq) - changes AS before
        FROM (
            SELECT c.seq, c.committed_at,
                (SELECT count(*) FROM client_registry.registry_changes h WHERE h.xid = c.xid) AS changes
            FROM client_registry.registry_commits c
            WHERE c.seq <= readable
            ORDER BY c.seq
            LIMIT batch) oldest) counted
    WHERE committed_at < clock_timestamp() - keep_age OR before < excess;
    IF upto IS NULL THEN
        RETURN 0;
    END IF;
    DELETE FROM client_registry.registry_changes h USING client_registry.registry_commits c
    WHERE h.xid = c.xid AND c.seq <= upto;
    DELETE FROM client_registry.registry_commits WHERE seq <= upto;
    UPDATE client_registry.registry_pruned SET seq = upto, pruned_at = clock_timestamp() WHERE seq < upto;
    RETURN cut;
END $$;
