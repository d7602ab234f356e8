package io.portcullis.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.portcullis.auth.AddressRules;
import io.portcullis.auth.ApiKey;
import io.portcullis.auth.Client;
import io.portcullis.auth.ClientKey;
import io.portcullis.auth.ClientStatus;
import io.portcullis.auth.Credential;
import io.portcullis.auth.Decision;
import io.portcullis.auth.Fingerprinter;
import io.portcullis.auth.IpAddress;
import io.portcullis.auth.Pepper;
import io.portcullis.auth.Peppers;
import io.portcullis.bus.Deadline;
import io.portcullis.freshness.Change;
import io.portcullis.freshness.Evictions;
import io.portcullis.freshness.Fences;
import io.portcullis.freshness.FollowedLog;
import io.portcullis.freshness.MemoryLog;
import io.portcullis.freshness.Position;
import io.portcullis.freshness.Steps;
import io.portcullis.freshness.WeakFences;
import io.portcullis.registry.RecordRefusals.Reason;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * F1: once a node has applied a change of a record, it never again decides by what the record was before. Real authenticators, near caches,
 * single flights, fences and tails; a database, a log and a Redis in memory, in which anything may happen between any two steps: changes,
 * loads that are stopped for as long as one likes, a Redis that forgets or falls back, forgotten fences, a restored database, nodes that
 * start anew. Which step is next is drawn by lot from a seed.
 */
class ResurrectionTest {

    private static final int INTERLEAVINGS = 10_000;
    private static final int STEPS = 90;
    private static final int CLIENTS = 2;
    private static final int NODES = 2;
    private static final Pepper PEPPER = new Pepper("a pepper for interleavings");
    private static final Fingerprinter FINGERPRINTER = Fingerprinter.create(new SecureRandom());
    private static final List<String> KEYS = IntStream.range(0, CLIENTS)
            .mapToObj(i -> ApiKey.generate("test", new SecureRandom()))
            .toList();

    /** What keeps the past from coming back. */
    private enum Guard {
        FENCE,
        FLOOR,
        EPOCH,
        /** That what was admitted is held against the fences again when there was a change. */
        COUNT,
        /** That a record's position is that of its reading, and not of its arrival. */
        AS_OF,
        /** That what was found is held against the fences when it is used, and not only when it is read. */
        WAITERS
    }

    @Test
    void theDeadStayDead() {
        int decisions = 0;
        int reloads = 0;
        for (long seed = 0; seed < INTERLEAVINGS; seed++) {
            World world = new World(seed, null);
            world.run();
            assertThat(world.violations).as("seed %d", seed).isEmpty();
            decisions += world.decisions;
            reloads += world.reloads;
        }
        // It was not for want of trying.
        assertThat(decisions).isGreaterThan(INTERLEAVINGS * 10);
        assertThat(reloads).isGreaterThan(INTERLEAVINGS / 10);
    }

    @ParameterizedTest
    @EnumSource
    void withoutAGuardTheyRise(Guard missing) {
        for (long seed = 0; seed < INTERLEAVINGS; seed++) {
            World world = new World(seed, missing);
            world.run();
            if (!world.violations.isEmpty()) {
                return;
            }
        }
        throw new AssertionError("nothing is wrong without " + missing);
    }

    /**
     * What a client and its key were at some time.
     *
     * @param mark of the client's record, never used twice, as versions are
     */
    private record Content(int mark, long version, int keyMark, long keyVersion) {}

    private static final class World {

        private final Steps steps;
        private final @Nullable Guard missing;
        private final MemoryLog log = new MemoryLog();
        /** For each epoch: what each client was, one after the other. */
        private final Map<String, List<List<Content>>> histories = new HashMap<>();

        /** Whose change each commit of the log was. */
        private final List<Integer> commits = new ArrayList<>();

        private final Map<Object, Cached<?>> redis = new HashMap<>();
        private Map<Object, Cached<?>> redisCopy = Map.of();
        private final List<Node> nodes = new ArrayList<>();
        private final List<String> violations = new ArrayList<>();
        private long version;
        private int marks;
        private int decisions;
        private int reloads;

        World(long seed, @Nullable Guard missing) {
            this.steps = new Steps(seed);
            this.missing = missing;
            List<List<Content>> history = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                history.add(new ArrayList<>(List.of(new Content(++marks, version += 2, ++marks, version += 2))));
            }
            histories.put(log.head().epoch(), history);
            for (int i = 0; i < NODES; i++) {
                nodes.add(new Node(this));
            }
        }

        void run() {
            for (int i = 0; i < STEPS; i++) {
                switch (steps.random().nextInt(40)) {
                    case 0, 1, 2 -> change(steps.random().nextInt(CLIENTS));
                    case 3, 4, 5, 6, 7, 8 ->
                        nodes.get(steps.random().nextInt(NODES))
                                .request(steps.random().nextInt(CLIENTS));
                    case 9, 10, 11 ->
                        nodes.get(steps.random().nextInt(NODES)).reader.catchUp();
                    case 12 ->
                        nodes.get(steps.random().nextInt(NODES))
                                .reader
                                .followed()
                                .forgetFences();
                    case 13 -> redisCopy = Map.copyOf(redis);
                    case 14 -> {
                        redis.clear();
                        redis.putAll(redisCopy);
                    }
                    case 15 -> restore();
                    case 16 -> nodes.set(steps.random().nextInt(NODES), new Node(this));
                    default -> steps.take();
                }
            }
            while (steps.take()) {
                // Until all is settled.
            }
        }

        private List<Content> history(int client) {
            return Objects.requireNonNull(histories.get(log.head().epoch())).get(client);
        }

        private void change(int client) {
            Content before = last(history(client));
            boolean key = steps.random().nextBoolean();
            Content after = key
                    ? new Content(before.mark(), before.version(), ++marks, version += 2)
                    : new Content(++marks, version += 2, before.keyMark(), before.keyVersion());
            history(client).add(after);
            commits.add(client);
            log.append(
                    key
                            ? new Change(
                                    Change.Kind.KEY,
                                    keyId(client),
                                    after.keyVersion(),
                                    "U",
                                    PEPPER.digest(KEYS.get(client)),
                                    PEPPER.digest(KEYS.get(client)))
                            : new Change(Change.Kind.CLIENT, clientId(client), after.version(), "U", null, null));
        }

        /** Back to an earlier commit; versions and numbers of the log are given out again. */
        private void restore() {
            int kept = steps.random().nextInt(commits.size() + 1);
            commits.subList(kept, commits.size()).clear();
            List<List<Content>> back = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                back.add(new ArrayList<>(history(i).subList(0, 1 + Collections.frequency(commits, i))));
            }
            log.restore(kept);
            histories.put(log.head().epoch(), back);
            version = back.stream()
                    .flatMap(List::stream)
                    .mapToLong(content -> Math.max(content.version(), content.keyVersion()))
                    .max()
                    .orElse(0);
        }

        private Found read(int client, Position asOf) {
            Content now = last(history(client));
            return new Found(
                    new Cached<>(key(client, now), asOf), new Cached<>(client(client, now), asOf), System.nanoTime());
        }
    }

    private static final class Node {

        private final World world;
        private final NearCache near = new NearCache(1 << 20, Duration.ofSeconds(1), 100);
        private final FollowedLog.Reader reader;
        private final Authenticator authenticator;
        /** What of each client's history this node has applied, in its epoch. */
        private final int[] applied = new int[CLIENTS];

        private String epoch = "";

        Node(World world) {
            this.world = world;
            reader = FollowedLog.reading(world.log, world.steps, evictions(), fences(world.missing), changes -> {
                for (Change change : changes.several()) {
                    applied[clientOf(change)]++;
                }
            });
            SingleFlight flights = new SingleFlight(this::look);
            AcceptanceRule rule = world.missing == Guard.WAITERS ? new NoRule() : new AcceptanceRule();
            authenticator = new Authenticator(
                    new Authenticator.Parts(
                            FINGERPRINTER,
                            Peppers.only(PEPPER),
                            new SecretCheck(
                                    Peppers.only(PEPPER),
                                    new SlowHashes(
                                            new SlowHashes.Limits(1, 1, 1024),
                                            Runnable::run,
                                            new SimpleMeterRegistry())),
                            new Redigest(new NoMoves(), System::nanoTime, new SimpleMeterRegistry()),
                            near,
                            new CredentialUses(100_000),
                            reader.freshness(),
                            Duration.ofHours(1),
                            deadline -> reader.catchUp(),
                            new RecordRefusals(new SimpleMeterRegistry()),
                            Clock.systemUTC()),
                    flights,
                    rule);
            reader.catchUp();
        }

        private Evictions evictions() {
            return new Evictions() {
                @Override
                public void client(String clientId) {
                    near.forgetClient(clientId);
                }

                @Override
                public void everything() {
                    near.forgetAll();
                    // The position is the head: as if all of it had been applied.
                    epoch = world.log.head().epoch();
                    for (int i = 0; i < CLIENTS; i++) {
                        applied[i] = world.history(i).size() - 1;
                    }
                }
            };
        }

        void request(int client) {
            Credential credential = new Credential.Key(KEYS.get(client));
            Decision now = authenticator.decideNow(credential, Node::nowhere);
            if (now != null) {
                decided(client, now);
            } else {
                authenticator
                        .decide(credential, Node::nowhere, Deadline.in(Duration.ofMinutes(1)))
                        .onSuccess(decision -> decided(client, decision));
            }
        }

        private void decided(int client, Decision decision) {
            world.decisions++;
            Decision.Allowed allowed = (Decision.Allowed) decision;
            List<Content> history =
                    Objects.requireNonNull(world.histories.get(epoch)).get(client);
            Content must = history.get(Math.min(applied[client], history.size() - 1));
            int clientAt = indexOf(history, allowed.client().clientCode(), false);
            int keyAt = indexOf(history, Objects.requireNonNull(allowed.key()).scopesText(), true);
            if (clientAt < 0 || keyAt < 0) {
                world.violations.add("decided by what is not of its history");
            } else if (allowed.client().version() < must.version()
                    || allowed.key().version() < must.keyVersion()) {
                world.violations.add("applied " + must + ", decided by client "
                        + allowed.client().version() + ", key " + allowed.key().version());
            }
        }

        private static int indexOf(List<Content> history, @Nullable String text, boolean key) {
            for (int i = 0; i < history.size(); i++) {
                Content content = history.get(i);
                if (Objects.equals(text, key ? keyText(content) : clientText(content))) {
                    return i;
                }
            }
            return -1;
        }

        /** Redis, then the database, each whenever the lot falls. */
        private Future<Found> look(Query query, Deadline deadline) {
            int client = KEYS.indexOf(KEYS.stream()
                    .filter(raw -> PEPPER.digest(raw).equals(((Query.ByDigest) query).digest()))
                    .findFirst()
                    .orElseThrow());
            if (query.from() == Query.From.POSTGRES) {
                world.reloads++;
                return load(client);
            }
            return world.steps
                    .later(() -> shared(client))
                    .compose(found -> found != null ? world.steps.later(() -> found) : load(client));
        }

        private @Nullable Found shared(int client) {
            AcceptanceRule rule = new AcceptanceRule();
            Fences fences = reader.freshness().fences();
            Cached<?> key = world.redis.get(keyId(client));
            Cached<?> record = world.redis.get(clientId(client));
            if (key == null
                    || record == null
                    || rule.fault(key, fences) != null
                    || rule.fault(record, fences) != null) {
                return null;
            }
            return new Found(
                    new Cached<>((ClientKey) key.value(), key.asOf()),
                    new Cached<>((Client) record.value(), record.asOf()),
                    System.nanoTime());
        }

        private Future<Found> load(int client) {
            Promise<Found> landing = Promise.promise();
            world.steps.later(() -> world.read(client, world.log.head())).onSuccess(read -> {
                world.steps.later(() -> {
                    Found filled = stamped(read);
                    world.redis.put(keyId(client), Objects.requireNonNull(filled.key()));
                    world.redis.put(clientId(client), Objects.requireNonNull(filled.client()));
                    return filled;
                });
                world.steps.later(() -> {
                    landing.complete(stamped(read));
                    return read;
                });
            });
            return landing.future();
        }

        private Found stamped(Found read) {
            if (world.missing != Guard.AS_OF) {
                return read;
            }
            Position late = reader.freshness().position();
            return new Found(
                    new Cached<>(read.keyValue(), late), new Cached<>(read.clientValue(), late), read.confirmedNanos());
        }

        private static @Nullable IpAddress nowhere() {
            return null;
        }
    }

    /** Admits whatever was found. */
    private static final class NoRule extends AcceptanceRule {
        @Override
        @Nullable
        Reason fault(Query query, Found found, Fences fences) {
            return null;
        }
    }

    private static BiFunction<String, Long, Fences> fences(@Nullable Guard missing) {
        WeakFences.Guard weakness = missing == null
                ? WeakFences.Guard.NONE
                : switch (missing) {
                    case FENCE -> WeakFences.Guard.FENCE;
                    case FLOOR -> WeakFences.Guard.FLOOR;
                    case EPOCH -> WeakFences.Guard.EPOCH;
                    case COUNT -> WeakFences.Guard.COUNT;
                    case AS_OF, WAITERS -> WeakFences.Guard.NONE;
                };
        return (epoch, floor) -> new WeakFences(weakness, epoch, floor);
    }

    private static Content last(List<Content> history) {
        return history.get(history.size() - 1);
    }

    private static String clientId(int client) {
        return "client " + client;
    }

    private static String keyId(int client) {
        return "key " + client;
    }

    private static int clientOf(Change change) {
        return Integer.parseInt(change.id().substring(change.id().length() - 1));
    }

    private static String clientText(Content content) {
        return "client-" + content.mark();
    }

    private static String keyText(Content content) {
        return "key-" + content.keyMark();
    }

    private static ClientKey key(int client, Content content) {
        return ClientKey.of(
                keyId(client),
                clientId(client),
                PEPPER.digest(KEYS.get(client)),
                true,
                List.of(keyText(content)),
                null,
                null,
                content.keyVersion());
    }

    private static Client client(int client, Content content) {
        return new Client(
                clientId(client),
                clientText(content),
                null,
                null,
                null,
                null,
                null,
                AddressRules.ANY,
                null,
                ClientStatus.ACTIVE,
                null,
                null,
                content.version(),
                null);
    }
}
