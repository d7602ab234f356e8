package io.portcullis.registry;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.portcullis.auth.Client;
import io.portcullis.auth.ClientKey;
import io.portcullis.auth.KeyDigest;
import io.portcullis.bus.Deadline;
import io.portcullis.freshness.Fences;
import io.portcullis.freshness.Freshness;
import io.portcullis.freshness.Position;
import io.portcullis.registry.NearCache.KeyProof;
import io.portcullis.registry.NearCache.NearClient;
import io.portcullis.registry.RecordRefusals.Reason;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.sqlclient.Cursor;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.PreparedStatement;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads keys into the near cache before anybody asks for them: those that were used last first, then the newest. One statement on one
 * connection, read page by page, so that PostgreSQL sorts once and others go on beside it. A record that is so read is held against fences
 * and lease as any other, when it is put here and each time it is used.
 *
 * <p>Once at start. Never fails: a gateway that is not warm is a gateway.
 */
public final class Warming {

    private static final Logger log = LoggerFactory.getLogger(Warming.class);

    private static final int PAGE = 500;

    private final Pool transactions;
    private final NearCache near;
    private final Freshness freshness;
    private final long ttlNanos;
    private final RecordRefusals refusals;
    private final Counter warmed;
    private final AcceptanceRule rule = new AcceptanceRule();
    private final RowReader rows = new RowReader();

    /** @param ttl how long a record is held without being read again */
    public Warming(
            Pool transactions,
            NearCache near,
            Freshness freshness,
            Duration ttl,
            RecordRefusals refusals,
            MeterRegistry meters) {
        this.transactions = transactions;
        this.near = near;
        this.freshness = freshness;
        this.ttlNanos = ttl.toNanos();
        this.refusals = refusals;
        this.warmed = Counter.builder("registry_warmed_keys")
                .description("Keys that were read before anybody asked for them")
                .register(meters);
    }

    /**
     * Reads so many keys, or as many as the limit leaves time for.
     *
     * @return how many are held now; it is there by the limit
     */
    public Future<Long> run(int most, Duration limit) {
        long started = System.nanoTime();
        Deadline deadline = Deadline.in(limit);
        Reading reading = new Reading(deadline, freshness.position(), started + ttlNanos);
        Future<Void> read = transactions.withTransaction(connection -> connection
                .preparedQuery(RegistrySql.STATEMENT_LIMIT)
                .execute(Tuple.of(Long.toString(deadline.remainingMillis())))
                .compose(set -> connection.prepare(RegistrySql.WARM))
                .compose(statement -> reading.all(statement, most)));
        return read.timeout(deadline.remainingMillis(), TimeUnit.MILLISECONDS).transform(done -> {
            reading.over = true;
            long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - started);
            if (done.succeeded() && !reading.cutShort) {
                log.info("event=cache.warmed keys={} millis={}", reading.taken.get(), millis);
            } else {
                log.warn(
                        "event=cache.warmed_in_part keys={} wanted={} millis={} reason=\"{}\"",
                        reading.taken.get(),
                        most,
                        millis,
                        done.succeeded() ? "cache.warm-limit" : done.cause().getMessage());
            }
            return Future.succeededFuture(reading.taken.get());
        });
    }

    /** One run. Its pages come on one event loop; the end may come on another. */
    private final class Reading {
        private final Deadline deadline;
        private final Position applied;
        private final long expiresNanos;
        private final AtomicLong taken = new AtomicLong();
        private volatile boolean cutShort;
        private volatile boolean over;

        Reading(Deadline deadline, Position applied, long expiresNanos) {
            this.deadline = deadline;
            this.applied = applied;
            this.expiresNanos = expiresNanos;
        }

        Future<Void> all(PreparedStatement statement, int most) {
            Cursor cursor = statement.cursor(Tuple.of(most));
            Promise<Void> done = Promise.promise();
            page(cursor, done);
            return done.future().eventually(cursor::close).eventually(statement::close);
        }

        /** Not composed: a chain of futures as long as there are pages would take as deep a stack to complete. */
        private void page(Cursor cursor, Promise<Void> done) {
            cursor.read(PAGE)
                    .map(this::take)
                    .onComplete(
                            here -> {
                                if (!cursor.hasMore()) {
                                    done.complete();
                                } else if (over || deadline.expired()) {
                                    cutShort = true;
                                    done.complete();
                                } else {
                                    page(cursor, done);
                                }
                            },
                            done::fail);
        }

        private long take(RowSet<Row> page) {
            Fences fences = freshness.fences();
            long here = 0;
            for (Row row : page) {
                if (take(row, fences)) {
                    here++;
                }
            }
            taken.addAndGet(here);
            warmed.increment((double) here);
            return here;
        }

        private boolean take(Row row, Fences fences) {
            Position asOf = new Position(row.getString("p_epoch"), row.getLong("p_seq"));
            KeyDigest digest = KeyDigest.of(row.getBuffer("k_digest").getBytes());
            ClientKey key = Objects.requireNonNull(rows.key(row, digest));
            Client client = Objects.requireNonNull(rows.client(row));
            Found found = new Found(new Cached<>(key, asOf), new Cached<>(client, asOf), 0);
            Reason fault =
                    asOf.isBehind(applied) ? Reason.BEHIND : rule.fault(new Query.ByDigest(digest), found, fences);
            if (fault != null) {
                refusals.count(fault);
                return false;
            }
            freshness.holds(client.graceSeconds());
            near.put(new NearClient(client, fences, asOf.seq(), expiresNanos));
            near.warm(new KeyProof(key, fences, asOf.seq(), expiresNanos));
            return true;
        }
    }
}
