package io.portcullis.sync;

import io.portcullis.bus.Deadline;
import io.portcullis.cache.CacheOperations;
import io.portcullis.cache.FailOpenCache;
import io.portcullis.cache.RedisKey;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.SqlClient;
import io.vertx.sqlclient.Tuple;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Content ids of clients that are asked for: from Redis ({@code cid:<client id>}, a day), else from PostgreSQL. For people and tools. Nothing
 * is decided by it: it is as old as the last comparison, its time may be that of one before, and where Redis was away when a run changed
 * something it may lag behind by that day. Used on the event loop of the cache's link.
 */
public final class Cids {

    private static final long TTL_MILLIS = Duration.ofDays(1).toMillis();

    /** Of the value in Redis. Other versions are read as nothing. */
    private static final int VERSION = 1;

    private static final Duration FORGET_LIMIT = Duration.ofSeconds(5);

    private final SqlClient sql;
    private final FailOpenCache cache;

    /** @param cache may fail: it is asked as one that never does */
    public Cids(SqlClient sql, CacheOperations cache) {
        this.sql = sql;
        this.cache = new FailOpenCache(cache);
    }

    /** What is known of the client; nothing where it was never compared. Fails with what the driver says. */
    public Future<Optional<CidEntry>> find(String clientId, Deadline deadline) {
        return cache.get(key(clientId), deadline).compose(value -> {
            CidEntry hot = value == null ? null : read(clientId, value);
            return hot != null
                    ? Future.succeededFuture(Optional.of(hot))
                    : stored(sql, clientId, deadline)
                            .onSuccess(found -> found.ifPresent(entry -> keep(entry, deadline)));
        });
    }

    /** As {@link #find}, from PostgreSQL alone. */
    public static Future<Optional<CidEntry>> stored(SqlClient sql, String clientId, Deadline deadline) {
        return sql.preparedQuery(CidSql.FIND)
                .execute(Tuple.of(clientId))
                .timeout(deadline.remainingMillis(), TimeUnit.MILLISECONDS)
                .map(rows -> {
                    if (rows.size() == 0) {
                        return Optional.empty();
                    }
                    Row row = rows.iterator().next();
                    return Optional.of(new CidEntry(
                            clientId,
                            row.getString("cid"),
                            row.getString("sync_status"),
                            row.getOffsetDateTime("synced_at").toInstant()));
                });
    }

    /**
     * A run's listener that has Redis forget what the run changes.
     *
     * @param loop of the cache's link; the run may be elsewhere
     * @param other hears of everything as well
     */
    public SyncRun.Listener forgetting(Context loop, SyncRun.Listener other) {
        return new SyncRun.Listener() {
            @Override
            public void began(Batch batch) {
                other.began(batch);
            }

            @Override
            public void page(PageDone page, double perSecond) {
                other.page(page, perSecond);
            }

            @Override
            public void changed(List<String> clientIds) {
                loop.runOnContext(there -> forget(clientIds));
                other.changed(clientIds);
            }
        };
    }

    private void forget(List<String> clientIds) {
        cache.delete(clientIds.stream().map(Cids::key).toList(), Deadline.in(FORGET_LIMIT));
    }

    /** Only if there is none: somebody may have read a newer one in between. */
    private void keep(CidEntry entry, Deadline deadline) {
        Buffer value = new JsonObject()
                .put("v", VERSION)
                .put("cid", entry.cid())
                .put("status", entry.status())
                .put("synced_at", entry.syncedAt().toString())
                .toBuffer();
        cache.setIfAbsent(key(entry.clientId()), value, TTL_MILLIS, deadline);
    }

    /** Null for what is not of this version, whoever wrote it. */
    private static @Nullable CidEntry read(String clientId, Buffer value) {
        try {
            JsonObject json = value.toJsonObject();
            String status = json.getString("status");
            String syncedAt = json.getString("synced_at");
            if (!Integer.valueOf(VERSION).equals(json.getValue("v")) || status == null || syncedAt == null) {
                return null;
            }
            return new CidEntry(clientId, json.getString("cid"), status, Instant.parse(syncedAt));
        } catch (DecodeException | ClassCastException | DateTimeException e) {
            return null;
        }
    }

    private static RedisKey key(String clientId) {
        return RedisKey.of("cid:" + clientId);
    }
}
