package io.portcullis.load;

import io.portcullis.load.Bench.Node;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The Admin Service's events by the hundred thousand: how fast are they applied, how far behind is the gateway meanwhile, what does it hold?
 * And once more as many, while the gateway that applies them is killed again and again: is each applied, and once?
 */
@Command(
        name = "admin-events.sh",
        sortOptions = false,
        description =
                "How fast events of the Admin Service are applied, and whether each is, though their consumer is killed.")
public final class AdminEvents implements Callable<Integer> {

    private static final int CHUNK = 1_000;
    private static final long SETTLED_LIMIT_SECONDS = 300;

    @Option(
            names = "--jar",
            paramLabel = "FILE",
            required = true,
            description = "the gateway (default: the one just built)")
    private Path jar;

    @Option(
            names = "--count",
            paramLabel = "N",
            defaultValue = "100000",
            description = "events of each part (${DEFAULT-VALUE})")
    private int count;

    @Option(
            names = "--clients",
            paramLabel = "N",
            defaultValue = "20000",
            description = "clients that they are about (${DEFAULT-VALUE})")
    private int clients;

    @Option(
            names = "--kills",
            paramLabel = "N",
            defaultValue = "50",
            description = "how often the consumer is killed in the second part (${DEFAULT-VALUE})")
    private int kills;

    @Option(
            names = "--jvm",
            paramLabel = "FLAGS",
            defaultValue = "-Xms256m -Xmx256m",
            description = "flags of each gateway (${DEFAULT-VALUE})")
    private String jvmFlags;

    @Option(names = "--help", usageHelp = true, description = "this text")
    private boolean help;

    private final SplittableRandom random = new SplittableRandom(5);
    private final List<String> ids = new ArrayList<>();
    /** Version of the last event of each client: what must be there in the end. */
    private long[] versions;

    private long sent;

    public static void main(String[] args) {
        System.exit(new CommandLine(new AdminEvents())
                .setExecutionExceptionHandler((failure, command, parsed) -> {
                    System.err.println(failure);
                    return 1;
                })
                .execute(args));
    }

    @Override
    public Integer call() throws IOException, InterruptedException, SQLException {
        List<String> flags =
                Stream.of(jvmFlags.split(" ")).filter(flag -> !flag.isEmpty()).toList();
        versions = new long[clients];
        for (int i = 0; i < clients; i++) {
            ids.add(UUID.randomUUID().toString());
        }
        try (Bench bench = new Bench(Pinning.none(), jar, flags, false)) {
            // It only keeps the servers up: the others are the ones that are killed.
            bench.startNode("keeper", Map.of());
            try (EventStream stream = EventStream.open(Seed.redisOf(bench.data()));
                    Connection database = Seed.connect(Seed.postgresOf(bench.data()))) {
                stream.command("XGROUP", "CREATE", EventStream.NAME, EventStream.GROUP, "0", "MKSTREAM");
                boolean right = undisturbed(bench, stream, database);
                right &= killed(bench, stream, database);
                return right ? 0 : 1;
            }
        }
    }

    private boolean undisturbed(Bench bench, EventStream stream, Connection database)
            throws IOException, InterruptedException, SQLException {
        try (ServerProcess consumer = consumer(bench, 0).server()) {
            // Once before: what is measured is the compiled code.
            add(stream, count / 10);
            settle(stream, database);
            System.gc();
            long before = sent;
            System.out.printf(
                    Locale.ROOT, "%nundisturbed%n%10s %10s %12s %10s%n", "seconds", "applied", "not settled", "RSS MB");
            long start = System.nanoTime();
            add(stream, count);
            long next = start;
            while (applied(database) < sent) {
                if (System.nanoTime() >= next) {
                    line(start, stream, consumer, applied(database) - before);
                    next += TimeUnit.SECONDS.toNanos(2);
                }
                TimeUnit.MILLISECONDS.sleep(50);
                if (System.nanoTime() - start > TimeUnit.SECONDS.toNanos(SETTLED_LIMIT_SECONDS)) {
                    break;
                }
            }
            double seconds = (System.nanoTime() - start) / 1e9;
            line(start, stream, consumer, applied(database) - before);
            System.out.printf(Locale.ROOT, "%,d events in %.1f s: %,.0f a second%n", count, seconds, count / seconds);
            settle(stream, database);
            return isRight(stream, database);
        }
    }

    private static void line(long start, EventStream stream, ServerProcess consumer, long applied) throws IOException {
        System.out.printf(
                Locale.ROOT,
                "%10.1f %,10d %,12d %10d%n",
                (System.nanoTime() - start) / 1e9,
                applied,
                stream.pending(),
                consumer.residentBytes() >> 20);
    }

    private boolean killed(Bench bench, EventStream stream, Connection database)
            throws IOException, InterruptedException, SQLException {
        System.out.printf(Locale.ROOT, "%nkilled %d times (kill -9), %,d events meanwhile%n", kills, count);
        long start = System.nanoTime();
        int inHand = 0;
        for (int i = 0; i < kills; i++) {
            ServerProcess consumer = consumer(bench, i + 1).server();
            long before = applied(database);
            add(stream, count / kills);
            // Somewhere in between, most often while a batch is under way.
            long wanted = before + random.nextInt(count / kills);
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
            while (applied(database) < wanted && System.nanoTime() < end) {
                Thread.onSpinWait();
            }
            TimeUnit.MILLISECONDS.sleep(random.nextInt(20));
            consumer.kill();
            inHand += stream.pending() > 0 ? 1 : 0;
            consumer.close();
        }
        System.out.printf(
                Locale.ROOT,
                "%d kills in %.0f s; %d of them left events that were taken and not settled%n",
                kills,
                (System.nanoTime() - start) / 1e9,
                inHand);
        try (ServerProcess last = consumer(bench, kills + 1).server()) {
            settle(stream, database);
            return isRight(stream, database) && last.pid() > 0;
        }
    }

    private static Node consumer(Bench bench, int number) throws IOException, InterruptedException {
        return bench.startFurtherNode(
                "consumer-" + number,
                Map.of(
                        "PORTCULLIS_DEPLOYMENT_ADMIN_EVENTS_INSTANCES", "1",
                        "PORTCULLIS_ADMIN_EVENTS_CLAIM_AFTER", "1s",
                        "PORTCULLIS_POSTGRES_POOL_SIZE", "4",
                        "PORTCULLIS_POSTGRES_POOL_MIN", "1"));
    }

    private void add(EventStream stream, int events) throws IOException {
        List<List<String>> chunk = new ArrayList<>();
        for (int i = 0; i < events; i++) {
            int client = random.nextInt(clients);
            long version = ++versions[client];
            chunk.add(EventStream.event(
                    version == 1 ? "client.created" : "client.updated",
                    ids.get(client),
                    version,
                    new JsonObject()
                            .put("client_code", "load-" + client)
                            .put("bap_id", "version-" + version)
                            .put("bap_uri", "https://bap.example/" + client)
                            .put("rate_limit", 100)
                            .put("status", "ACTIVE")
                            .put("tenant_id", Seed.TENANT)
                            .put("metadata", new JsonObject().put("source", "load test"))));
            if (chunk.size() == CHUNK || i + 1 == events) {
                stream.add(chunk);
                chunk.clear();
            }
        }
        sent += events;
    }

    /** Waits until nothing is left that was taken and not acknowledged. */
    private void settle(EventStream stream, Connection database)
            throws IOException, InterruptedException, SQLException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SETTLED_LIMIT_SECONDS);
        while ((applied(database) < sent || stream.pending() > 0) && System.nanoTime() < end) {
            TimeUnit.MILLISECONDS.sleep(100);
        }
    }

    private boolean isRight(EventStream stream, Connection database) throws IOException, SQLException {
        long audited =
                number(database, "select count(*) from client_registry.audit_logs where actor = 'admin-service'");
        long distinct = number(
                database,
                "select count(distinct correlation_id) from client_registry.audit_logs where actor = 'admin-service'");
        long wrong = 0;
        try (Statement select = database.createStatement();
                ResultSet rows = select.executeQuery(
                        "select client_id::text, bap_id from client_registry.clients where tenant_id = '" + Seed.TENANT
                                + "'")) {
            Map<String, Long> expected = new HashMap<>();
            for (int i = 0; i < clients; i++) {
                if (versions[i] > 0) {
                    expected.put(ids.get(i), versions[i]);
                }
            }
            while (rows.next()) {
                Long version = expected.remove(rows.getString(1));
                wrong += version != null && rows.getString(2).equals("version-" + version) ? 0 : 1;
            }
            wrong += expected.size();
        }
        Object dead = stream.command("XLEN", EventStream.NAME + ":dlq");
        System.out.printf(
                Locale.ROOT,
                "sent %,d; audit rows %,d, of %,d events; clients not as the last event says %,d; pending %,d; dead letters %s%n",
                sent,
                audited,
                distinct,
                wrong,
                stream.pending(),
                dead);
        return audited == sent && distinct == sent && wrong == 0 && stream.pending() == 0 && dead.equals(0L);
    }

    private static long applied(Connection database) throws SQLException {
        return number(database, "select count(*) from client_registry.source_events");
    }

    private static long number(Connection database, String query) throws SQLException {
        try (Statement select = database.createStatement();
                ResultSet row = select.executeQuery(query)) {
            row.next();
            return row.getLong(1);
        }
    }
}
