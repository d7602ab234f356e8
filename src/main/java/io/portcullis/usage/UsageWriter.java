package io.portcullis.usage;

import io.portcullis.database.QueryWatch;
import io.portcullis.usage.KeyUsage.Used;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Writes batches into PostgreSQL, each in a transaction that remembers its number: one that comes again, since nobody knows whether it was
 * written, is written once. On connections for transactions, so that no look-up waits behind it. Thread-safe.
 */
final class UsageWriter {

    /** Of one write. PostgreSQL gives up before that. */
    private static final Duration LIMIT = Duration.ofSeconds(5);

    private final Pool transactions;
    private final QueryWatch watch;
    private final String node;
    private final LongSupplier nanoClock;

    /** @param node no other process ever has the same, nor had */
    UsageWriter(Pool transactions, QueryWatch watch, String node, LongSupplier nanoClock) {
        this.transactions = transactions;
        this.watch = watch;
        this.node = node;
        this.nanoClock = nanoClock;
    }

    Future<?> keys(long number, Map<String, Used> batch) {
        UUID[] ids = new UUID[batch.size()];
        Long[] times = new Long[batch.size()];
        Long[] ages = new Long[batch.size()];
        long now = nanoClock.getAsLong();
        int i = 0;
        for (Map.Entry<String, Used> key : batch.entrySet()) {
            ids[i] = UUID.fromString(key.getKey());
            times[i] = key.getValue().times();
            ages[i] = Math.max(
                    0, TimeUnit.NANOSECONDS.toMillis(now - key.getValue().lastNanos()));
            i++;
        }
        return write("usage.keys", UsageSql.KEYS, Tuple.of(node + ":keys", number, ids, times, ages));
    }

    Future<?> minutes(long number, Map<Instant, TrafficMinute> batch) {
        OffsetDateTime[] minutes = new OffsetDateTime[batch.size()];
        String[] counts = new String[batch.size()];
        Long[] slowest = new Long[batch.size()];
        String[] clients = new String[batch.size()];
        int i = 0;
        for (Map.Entry<Instant, TrafficMinute> minute : batch.entrySet()) {
            minutes[i] = minute.getKey().atOffset(ZoneOffset.UTC);
            counts[i] = json(minute.getValue().counts());
            slowest[i] = minute.getValue().slowestMicros();
            clients[i] = json(minute.getValue().clients());
            i++;
        }
        return write(
                "usage.traffic",
                UsageSql.MINUTES,
                Tuple.of(node + ":traffic", number, node, minutes, counts, slowest)
                        .addArrayOfString(clients));
    }

    /** Forgets what is older than a day. */
    Future<?> prune() {
        return transactions
                .query(UsageSql.PRUNE_MINUTES)
                .execute()
                .compose(pruned -> transactions.query(UsageSql.PRUNE_WRITERS).execute())
                .timeout(LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    }

    private Future<?> write(String operation, String statement, Tuple values) {
        return watch.watch(
                        operation,
                        () -> transactions.withTransaction(connection -> connection
                                .query(UsageSql.LIMITS)
                                .execute()
                                .compose(set ->
                                        connection.preparedQuery(statement).execute(values))))
                .timeout(LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    }

    private static String json(Map<String, Long> counts) {
        JsonObject object = new JsonObject();
        counts.forEach(object::put);
        return object.encode();
    }
}
