package io.portcullis.events;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.portcullis.cache.RedisLinks;
import io.portcullis.cache.RedisMeters;
import io.portcullis.cache.RedisSettings;
import io.portcullis.cache.RedisTopology;
import io.portcullis.cache.ServerAddress;
import io.portcullis.cache.StreamEntry.Field;
import io.portcullis.testing.RawRedis;
import io.portcullis.testing.RealRedis;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;

/** A Redis of its own, and consumers of its stream that come and go. */
final class EventBench implements AutoCloseable {

    static final String STREAM = "stream:admin.client.events";
    static final String DLQ = STREAM + ":dlq";
    static final String GROUP = "portcullis";

    final RealRedis redis = new RealRedis();
    final Vertx vertx = Vertx.vertx();
    private final int port;
    private final List<Node> nodes = new ArrayList<>();

    EventBench() {
        this.port = redis.port();
    }

    static ConditionFactory await() {
        return Awaitility.await()
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(10))
                .atMost(Duration.ofSeconds(30));
    }

    static AdminEventsVerticle.Settings settings(int batch, Duration claimAfter) {
        return new AdminEventsVerticle.Settings(STREAM, GROUP, batch, claimAfter, 5);
    }

    /** One that runs. */
    final class Node {
        final SimpleMeterRegistry meters = new SimpleMeterRegistry();
        final EventsHealth health = new EventsHealth();
        final RedisLinks links;
        private final String id;

        Node(EventSink sink, AdminEventsVerticle.Settings settings, int redisPort) {
            links = links(redisPort);
            id = done(vertx.deployVerticle(new AdminEventsVerticle(new AdminEventsVerticle.Parts(
                    settings, "node", links, RedisMeters.none(), sink, health, meters, Clock.systemUTC()))));
        }

        double count(String outcome) {
            return meters.find("admin_events").tag("outcome", outcome).counters().stream()
                    .mapToDouble(counter -> counter.count())
                    .sum();
        }

        double gauge(String name) {
            Meter meter = meters.get(name).meter();
            return meter.measure().iterator().next().getValue();
        }

        void stop() {
            done(vertx.undeploy(id));
        }
    }

    private static RedisLinks links(int port) {
        return new RedisLinks(
                new RedisSettings(
                        new RedisTopology.Standalone(new ServerAddress("127.0.0.1", port)),
                        null,
                        null,
                        0,
                        null,
                        "",
                        Duration.ofSeconds(2),
                        Duration.ofMillis(600),
                        3,
                        10_000,
                        4,
                        2,
                        Duration.ofMinutes(5),
                        Duration.ofMinutes(30)),
                RedisMeters.none());
    }

    Node node(EventSink sink, AdminEventsVerticle.Settings settings) {
        return node(sink, settings, port);
    }

    /** By another way to the same Redis. */
    Node node(EventSink sink, AdminEventsVerticle.Settings settings, int redisPort) {
        Node node = new Node(sink, settings, redisPort);
        nodes.add(node);
        return node;
    }

    static <T> T done(io.vertx.core.Future<T> future) {
        try {
            return future.await(20, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    String raw(String... words) {
        try (RawRedis raw = redis.raw()) {
            return raw.command(words);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String add(List<Field> fields) {
        try (RawRedis raw = redis.raw()) {
            return add(raw, fields);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String add(RawRedis raw, List<Field> fields) throws IOException {
        List<String> words = new ArrayList<>(List.of("XADD", STREAM, "*"));
        fields.forEach(field -> {
            words.add(field.name().toString(StandardCharsets.ISO_8859_1));
            words.add(field.value().toString(StandardCharsets.ISO_8859_1));
        });
        return raw.command(words.toArray(String[]::new));
    }

    /** So many valid events, each of a client of its own, ids {@code prefix-i}. */
    void addValid(String prefix, int count) {
        try (RawRedis raw = redis.raw()) {
            for (int i = 0; i < count; i++) {
                add(raw, Entries.valid(prefix + "-" + i, i));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    long length(String stream) {
        return Long.parseLong(raw("XLEN", stream));
    }

    /** Given to somebody and not settled; 0 without a group. */
    long pending() {
        return number("local p = redis.pcall('XPENDING', KEYS[1], ARGV[1]) return p.err and 0 or p[1]", STREAM, GROUP);
    }

    long consumers() {
        return number("return #redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])", STREAM, GROUP);
    }

    /** Neither read nor pending, all there is. */
    boolean settled() {
        return number(
                        "local s = redis.call('XINFO', 'STREAM', KEYS[1]) "
                                + "local g = redis.call('XINFO', 'GROUPS', KEYS[1])[1] "
                                + "local function f(t, n) for i = 1, #t, 2 do if t[i] == n then return t[i + 1] end end end "
                                + "return (g and f(g, 'pending') == 0 and f(g, 'last-delivered-id') == f(s, 'last-generated-id')) and 1 or 0",
                        STREAM,
                        GROUP)
                == 1;
    }

    long number(String script, String key, String... arguments) {
        List<String> words = new ArrayList<>(List.of("EVAL", script, "1", key));
        words.addAll(List.of(arguments));
        return Long.parseLong(raw(words.toArray(String[]::new)));
    }

    /** What a field of the first dead letter has. */
    String letter(String field) {
        return raw(
                "EVAL",
                "local t = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1][2] "
                        + "for i = 1, #t, 2 do if t[i] == ARGV[1] then return t[i + 1] end end return ''",
                "1",
                DLQ,
                field);
    }

    @Override
    public void close() {
        done(vertx.close());
        redis.close();
    }
}
