package io.portcullis.usage;

import io.micrometer.core.instrument.MeterRegistry;
import io.portcullis.cache.WriteBehind;
import io.portcullis.database.QueryWatch;
import io.portcullis.registry.CredentialUses;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.sqlclient.Pool;
import java.time.Clock;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes what was used, and writes it behind. One instance, in a process that has a data plane: stopped after that, when nothing is counted any
 * more, and before the connections to PostgreSQL.
 */
public final class UsageVerticle extends VerticleBase {

    private static final Logger log = LoggerFactory.getLogger(UsageVerticle.class);

    /** Traffic is written each so many flushes: a row of it is long, and is written anew as a whole. */
    private static final int TRAFFIC_EVERY = 10;

    private static final Duration STOP_LIMIT = Duration.ofSeconds(5);
    private static final long PRUNE_EVERY_MILLIS = Duration.ofMinutes(1).toMillis();

    /**
     * What it works with.
     *
     * @param flushEvery how often what was used is taken and written
     * @param mostKeys that are held, and clients that are told apart within a minute
     * @param node no other process ever has the same, nor had
     * @param clock says which minute it is
     */
    public record Parts(
            Duration flushEvery,
            int mostKeys,
            String node,
            CredentialUses uses,
            LatencyHistogram latency,
            Pool transactions,
            QueryWatch watch,
            MeterRegistry meters,
            Clock clock) {}

    private final Parts parts;
    private final UsageWriter writer;
    private final KeyUsage keys;
    private final Traffic traffic;
    private final Flushes keyFlushes;
    private final Flushes trafficFlushes;
    private boolean taking;
    private long ticks;

    public UsageVerticle(Parts parts) {
        this.parts = parts;
        writer = new UsageWriter(parts.transactions(), parts.watch(), parts.node(), System::nanoTime);
        keys = new KeyUsage(parts.uses(), parts.mostKeys(), System::nanoTime, writer::keys);
        traffic = new Traffic(
                new TrafficMeters(parts.meters())::read,
                parts.latency(),
                parts.mostKeys(),
                parts.clock(),
                writer::minutes);
        keyFlushes = new Flushes(parts.meters(), "key_uses", keys.behind(), keys, KeyUsage::dropped);
        trafficFlushes =
                new Flushes(parts.meters(), "traffic", traffic.behind(), traffic.behind(), WriteBehind::dropped);
    }

    /** Starts whether or not PostgreSQL is there. */
    @Override
    public Future<?> start() {
        vertx.setPeriodic(parts.flushEvery().toMillis(), tick -> tick());
        vertx.setPeriodic(1, PRUNE_EVERY_MILLIS, tick -> prune());
        return Future.succeededFuture();
    }

    /** Writes what is left; what cannot be written within a limit is lost, and the log says so. */
    @Override
    public Future<?> stop() {
        return take(true)
                .compose(taken -> Future.join(keyFlushes.last(STOP_LIMIT), trafficFlushes.last(STOP_LIMIT)))
                .otherwiseEmpty();
    }

    private void tick() {
        if (taking) {
            return;
        }
        taking = true;
        ticks++;
        take(ticks % TRAFFIC_EVERY == 0).onComplete(taken -> {
            taking = false;
            keyFlushes.flush();
            trafficFlushes.flush();
        });
    }

    /** On a worker: after a busy second it is many keys. One after the other, as all blocking work of a context. */
    private Future<?> take(boolean withTraffic) {
        return vertx.executeBlocking(() -> {
            traffic.turn();
            keys.take(traffic);
            traffic.sample();
            if (withTraffic) {
                traffic.put();
            }
            return true;
        });
    }

    private void prune() {
        writer.prune().onFailure(failure -> log.debug("event=usage.prune_failed reason=\"{}\"", failure.getMessage()));
    }
}
