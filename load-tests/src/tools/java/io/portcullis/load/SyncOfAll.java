package io.portcullis.load;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * A registry and an Admin Service with the same clients, but for some differences that are planted: {@code sync run} is killed in the middle
 * and run again, and once more. Are exactly those repaired or reported, and how much memory does it take?
 */
@Command(
        name = "sync.sh",
        sortOptions = false,
        description = "Whether a sync repairs and reports exactly what differs, how fast, and in how much memory.")
public final class SyncOfAll implements Callable<Integer> {

    private static final int ROWS_PER_STATEMENT = 20_000;
    private static final long RUN_LIMIT_MINUTES = 20;

    @Option(
            names = "--jar",
            paramLabel = "FILE",
            required = true,
            description = "the gateway (default: the one just built)")
    private Path jar;

    @Option(
            names = "--clients",
            paramLabel = "N",
            defaultValue = "1000000",
            description = "on both sides (${DEFAULT-VALUE})")
    private int count;

    @Option(
            names = "--differences",
            paramLabel = "N",
            defaultValue = "1000",
            description = "that are planted (${DEFAULT-VALUE})")
    private int differences;

    @Option(
            names = "--jvm",
            paramLabel = "FLAGS",
            defaultValue = "-Xms64m -Xmx256m",
            description = "flags of the command (${DEFAULT-VALUE})")
    private String jvmFlags;

    @Option(names = "--help", usageHelp = true, description = "this text")
    private boolean help;

    private final Set<String> toRepair = new TreeSet<>();
    private final Set<String> toReport = new TreeSet<>();

    public static void main(String[] args) {
        System.exit(new CommandLine(new SyncOfAll())
                .setExecutionExceptionHandler((failure, command, parsed) -> {
                    System.err.println(failure);
                    return 1;
                })
                .execute(args));
    }

    @Override
    public Integer call() throws IOException, InterruptedException, SQLException {
        try (Bench bench = new Bench(Pinning.none(), jar, List.of("-Xms256m", "-Xmx256m"), false);
                SourceOfClients source = SourceOfClients.start(count)) {
            // Nobody is to be let in: it keeps the servers up, and one event loop does for that.
            bench.startNode("keeper", Map.of("PORTCULLIS_EMBEDDED_DEMO_CLIENT", "false"));
            try (Connection database = Seed.connect(Seed.postgresOf(bench.data()))) {
                fill(database);
                plant(database);
                Run run = new Run(bench.data(), source.url(), database);
                System.out.printf(
                        Locale.ROOT,
                        "%n%,d clients, %,d to be repaired, %,d to be reported%n",
                        count,
                        toRepair.size(),
                        toReport.size());
                run.once("killed at two fifths", count * 2L / 5);
                JsonObject first = run.untilTheLockIsFree("resumed");
                boolean right = isRight("first", first, toRepair.size());
                right &= audited(database, "sync.repaired", toRepair) & audited(database, "sync.reported", toReport);
                JsonObject second = run.once("second run", Long.MAX_VALUE);
                right &= isRight("second", second, 0);
                right &= audited(database, "sync.repaired", toRepair) & audited(database, "sync.reported", toReport);
                return right ? 0 : 1;
            }
        }
    }

    private void fill(Connection database) throws SQLException {
        long start = System.nanoTime();
        try (PreparedStatement insert = database.prepareStatement(SourceOfClients.INSERT)) {
            for (int from = 0; from < count; from += ROWS_PER_STATEMENT) {
                insert.setInt(1, from);
                insert.setInt(2, Math.min(count, from + ROWS_PER_STATEMENT));
                insert.executeUpdate();
            }
        }
        execute(database, "vacuum (analyze) client_registry.clients");
        System.out.printf(Locale.ROOT, "filled in %.0f s%n", (System.nanoTime() - start) / 1e9);
    }

    /** Of ten: four changed, two missing, one with another secret, one not lowered, and two lowered here, of which one for good. */
    private void plant(Connection database) throws SQLException {
        SplittableRandom random = new SplittableRandom(11);
        Set<String> planted = new TreeSet<>();
        for (int i = 0; planted.size() < differences; i++) {
            int kind = i % 10;
            int number = random.nextInt(count);
            if (kind == 7) {
                number = Math.min(count / 50 * 50 - 1, number / 50 * 50 + 49);
            }
            String id = SourceOfClients.id(number);
            if ((kind == 7) != SourceOfClients.isSuspended(number) || !planted.add(id)) {
                i--;
                continue;
            }
            (kind < 8 ? toRepair : toReport).add(id);
            String where = " where client_id = '" + id + "'";
            String update = "update client_registry.clients set ";
            execute(
                    database,
                    switch (kind) {
                        case 0, 1, 2, 3 -> update + "bap_uri = 'https://elsewhere.example'" + where;
                        case 4, 5 -> "delete from client_registry.clients" + where;
                        case 6 -> update + "client_secret_hash = 'sha256:0'" + where;
                        case 7 -> update + "status = 'ACTIVE'" + where;
                        case 8 -> update + "status = 'SUSPENDED'" + where;
                        default -> update + "status = 'REVOKED'" + where;
                    });
        }
    }

    private boolean isRight(String which, JsonObject batch, int repaired) {
        System.out.printf(Locale.ROOT, "%s: %s%n", which, batch.encode());
        return batch.getString("status", "").equals("COMPLETED")
                && batch.getLong("total") == count
                && batch.getLong("repaired") == repaired
                && batch.getLong("reported") == toReport.size()
                && batch.getLong("matched") == count - repaired - toReport.size();
    }

    /** Whether the audit has one such row of each of these, and no other. */
    private static boolean audited(Connection database, String action, Set<String> expected) throws SQLException {
        List<String> told = new ArrayList<>();
        try (Statement select = database.createStatement();
                ResultSet rows = select.executeQuery(
                        "select key from client_registry.audit_logs where action = '" + action + "' order by key")) {
            while (rows.next()) {
                told.add(rows.getString(1));
            }
        }
        boolean right = told.equals(List.copyOf(expected));
        System.out.printf(
                Locale.ROOT,
                "audit: %,d %s, %s%n",
                told.size(),
                action,
                right ? "exactly the planted ones" : "NOT the planted ones");
        return right;
    }

    private static void execute(Connection database, String sql) throws SQLException {
        try (Statement statement = database.createStatement()) {
            statement.execute(sql);
        }
    }

    /** The command, run again and again. */
    private final class Run {
        private final Path data;
        private final String url;
        private final Connection database;

        Run(Path data, String url, Connection database) {
            this.data = data;
            this.url = url;
            this.database = database;
        }

        /** Who was killed keeps the lock until its time is over: a run in that time says so, and ends. */
        JsonObject untilTheLockIsFree(String name) throws IOException, InterruptedException, SQLException {
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
            while (true) {
                JsonObject batch = once(name, Long.MAX_VALUE);
                if (batch.containsKey("status") || System.nanoTime() > end) {
                    return batch;
                }
                TimeUnit.SECONDS.sleep(5);
            }
        }

        /**
         * Runs to the end, or until so many clients are compared; then it is killed.
         *
         * @return what the command says of the batch; empty where it says nothing
         */
        JsonObject once(String name, long killAt) throws IOException, InterruptedException, SQLException {
            List<String> command = new ArrayList<>(List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString()));
            Stream.of(jvmFlags.split(" ")).filter(flag -> !flag.isEmpty()).forEach(command::add);
            command.addAll(List.of(
                    "-jar", jar.toAbsolutePath().toString(), "sync", "run", "--json", "--data", data.toString()));
            Path out = data.resolveSibling("sync.out");
            Path log = data.resolveSibling("sync.log");
            ProcessBuilder builder =
                    new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(log.toFile());
            builder.environment().put("ADMIN_SERVICE_URL", url);
            long start = System.nanoTime();
            long before = compared();
            Process process = builder.start();
            System.out.printf(Locale.ROOT, "%n%s%n%10s %12s %10s%n", name, "seconds", "compared", "RSS MB");
            long next = start;
            long end = start + TimeUnit.MINUTES.toNanos(RUN_LIMIT_MINUTES);
            while (process.isAlive() && System.nanoTime() < end) {
                if (System.nanoTime() >= next) {
                    next += TimeUnit.SECONDS.toNanos(5);
                    line(start, process.pid());
                }
                if (compared() >= killAt) {
                    line(start, process.pid());
                    process.destroyForcibly().waitFor();
                }
                TimeUnit.MILLISECONDS.sleep(100);
            }
            process.destroyForcibly().waitFor();
            double seconds = (System.nanoTime() - start) / 1e9;
            System.out.printf(
                    Locale.ROOT,
                    "exit code %d after %.1f s: %,.0f clients a second%n",
                    process.exitValue(),
                    seconds,
                    Math.max(0, compared() - (compared() < before ? 0 : before)) / seconds);
            String said = Files.readString(out).strip();
            if (said.isEmpty()) {
                Files.readAllLines(log).stream().limit(3).forEach(System.out::println);
            }
            return said.startsWith("{") ? new JsonObject(said) : new JsonObject();
        }

        private void line(long start, long pid) throws SQLException {
            System.out.printf(
                    Locale.ROOT,
                    "%10.1f %,12d %10d%n",
                    (System.nanoTime() - start) / 1e9,
                    compared(),
                    residentMegabytes(pid));
        }

        private long compared() throws SQLException {
            try (Statement select = database.createStatement();
                    ResultSet row =
                            select.executeQuery("select coalesce(max(total), 0) from client_registry.sync_batches")) {
                row.next();
                return row.getLong(1);
            }
        }
    }

    private static long residentMegabytes(long pid) {
        try {
            return ServerProcess.residentBytes(pid) >> 20;
        } catch (IOException e) {
            // It has just ended.
            return 0;
        }
    }
}
