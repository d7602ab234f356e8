-- What nodes write behind, beside client_key_usage: the traffic of each minute, and which batch each has written last.

-- A node writes the running minute again and again, each time as a whole. Kept for a day.
CREATE TABLE client_registry.traffic_minutes (
    minute     TIMESTAMPTZ NOT NULL,
    -- Of a process, as in node_heartbeats: one that starts again is another one.
    node_id    TEXT NOT NULL,
    -- By name: outcome.allowed, tier.near_hit, latency.17 (a bucket; see io.portcullis.usage.LatencyHistogram), and whatever a newer build adds.
    counts     JSONB NOT NULL,
    slowest_us BIGINT NOT NULL,
    -- Client id: allowed requests; the busiest ones.
    clients    JSONB NOT NULL,
    PRIMARY KEY (minute, node_id)
) WITH (fillfactor = 50);

-- The highest number of a batch that a writer has written, in the same transaction as the batch itself: whose answer was lost writes it again,
-- and nothing happens.
CREATE TABLE client_registry.write_behind (
    writer     TEXT PRIMARY KEY,
    batch      BIGINT NOT NULL,
    written_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 50);
