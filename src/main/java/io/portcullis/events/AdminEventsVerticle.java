package io.portcullis.events;

import io.micrometer.core.instrument.MeterRegistry;
import io.portcullis.bus.Deadline;
import io.portcullis.bus.Loop;
import io.portcullis.cache.RedisLink;
import io.portcullis.cache.RedisLinks;
import io.portcullis.cache.RedisMeters;
import io.portcullis.cache.RedisStream;
import io.portcullis.cache.StreamGroup;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.HexFormat;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Consumes the Admin Service's events: two links to Redis, one of which waits for what is new. One instance; any number of nodes share the
 * work by the consumer group.
 */
public final class AdminEventsVerticle extends VerticleBase {

    /** Links to Redis that one instance opens. */
    public static final int LINKS = 2;

    private static final long LOOK_EVERY_MILLIS = 1_000;
    private static final long TIDY_EVERY_MILLIS = Duration.ofMinutes(10).toMillis();
    private static final Duration IDLE = Duration.ofHours(1);
    private static final Duration TIDY_LIMIT = Duration.ofSeconds(30);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(5);
    private static final Duration LEAVE_LIMIT = Duration.ofSeconds(1);
    private static final int NAME_BYTES = 8;

    /**
     * What is configured.
     *
     * @param stream its whole name
     * @param group consumer group of all nodes
     * @param batch entries in one transaction at most
     * @param claimAfter what was taken and not settled for so long is tried again
     * @param tries after so many deliveries an entry that fails is a dead letter
     */
    public record Settings(String stream, String group, int batch, Duration claimAfter, int tries) {}

    /**
     * What it works with.
     *
     * @param node begins the consumer's name, for people who look into Redis
     * @param redisMeters hear of every command but the reads that wait
     * @param health told what goes on
     * @param clock for the time that dead letters bear
     */
    public record Parts(
            Settings settings,
            String node,
            RedisLinks redis,
            RedisMeters redisMeters,
            EventSink sink,
            EventsHealth health,
            MeterRegistry meters,
            Clock clock) {}

    private final Parts parts;
    private @Nullable RedisLink reading;
    private @Nullable RedisLink working;
    private @Nullable EventConsumer consumer;
    private @Nullable StreamGroup group;
    private String name = "";
    private boolean tidying;

    public AdminEventsVerticle(Parts parts) {
        this.parts = parts;
    }

    /** Completes at once: events are applied from when Redis and PostgreSQL are there. */
    @Override
    public Future<?> start() {
        Settings settings = parts.settings();
        RedisLink waits = parts.redis().open(vertx);
        reading = waits;
        RedisLink works = parts.redis().open(vertx);
        working = works;
        EventsHealth health = parts.health();
        SplittableRandom random = new SplittableRandom();
        Outage redis =
                new Outage(vertx, "redis", Duration.ofMillis(50), Duration.ofSeconds(2), random, health::redisAway);
        Outage database = new Outage(
                vertx, "database", Duration.ofMillis(100), Duration.ofSeconds(5), random, health::databaseAway);
        EventMeters meters = new EventMeters(parts.meters());
        DeadLetters letters = new DeadLetters(works, settings.stream(), parts.redisMeters());
        StreamGroup own = new RedisStream(works, settings.stream(), parts.redisMeters()).group(settings.group());
        group = own;
        StreamWatch watch = new StreamWatch(own, letters, meters);
        name = uniqueName();
        EventConsumer events = new EventConsumer(new EventConsumer.Parts(
                vertx,
                settings,
                name,
                // A read that waits is no slow command.
                new RedisStream(waits, settings.stream(), RedisMeters.none()).group(settings.group()),
                own,
                parts.redis().longestBlock(),
                new BatchWriter(parts.sink(), database, meters),
                letters,
                watch,
                redis,
                database,
                meters,
                parts.clock()));
        consumer = events;
        health.running(true);
        events.start();
        watch.tick();
        vertx.setPeriodic(LOOK_EVERY_MILLIS, tick -> watch.tick());
        vertx.setPeriodic(TIDY_EVERY_MILLIS, tick -> tidy());
        return Future.succeededFuture();
    }

    /** Of this run of this process: what the one before left pending is taken over like anybody's. */
    private String uniqueName() {
        byte[] bytes = new byte[NAME_BYTES];
        new SecureRandom().nextBytes(bytes);
        return parts.node() + "-" + HexFormat.of().formatHex(bytes);
    }

    /** Settles what is in hand, if that takes less than 5 s; what is not stays pending, for another node or the next start. */
    @Override
    public Future<?> stop() {
        parts.health().running(false);
        Future<Void> settled = consumer == null ? Future.succeededFuture() : consumer.stop();
        return settled.timeout(STOP_LIMIT.toMillis(), TimeUnit.MILLISECONDS)
                .eventually(this::leave)
                .transform(done -> Future.join(close(reading), close(working)));
    }

    /** A consumer that something is pending for stays, so that it is found. */
    private Future<?> leave() {
        StreamGroup own = group;
        return own == null ? Future.succeededFuture() : own.removeConsumer(name, Deadline.in(LEAVE_LIMIT));
    }

    private static Future<Void> close(@Nullable RedisLink link) {
        return link == null ? Future.succeededFuture() : link.close();
    }

    /** Consumers that are long gone, and ids that nobody repeats. Where that cannot be done now, the next time will do. */
    private void tidy() {
        StreamGroup own = group;
        if (tidying || own == null) {
            return;
        }
        tidying = true;
        own.removeIdleConsumers(IDLE, Deadline.in(TIDY_LIMIT))
                .eventually(() -> Loop.whileTrue(() -> parts.sink().forget(Deadline.in(TIDY_LIMIT))))
                .onComplete(done -> tidying = false);
    }
}
