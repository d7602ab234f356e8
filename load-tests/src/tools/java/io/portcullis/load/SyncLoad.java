package io.portcullis.load;

import io.portcullis.embedded.EmbeddedException;
import io.portcullis.embedded.EmbeddedServers;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Comparator;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code sync run} on very many clients, with differences planted among them: all of these are found, nothing else is, and memory does not grow. */
@Command(
        name = "sync.sh",
        sortOptions = false,
        description =
                "Compares many clients with the Admin Service's: twice, and once stopped, killed and gone on with.")
public final class SyncLoad implements Callable<Integer> {

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
            description = "of the source and of the registry (${DEFAULT-VALUE})")
    private int clients;

    @Option(
            names = "--differences",
            paramLabel = "N",
            defaultValue = "1000",
            description = "planted, a multiple of 20 and a divisor of the clients (${DEFAULT-VALUE})")
    private int differences;

    @Option(
            names = "--page-size",
            paramLabel = "N",
            defaultValue = "1000",
            description = "sync.page-size (${DEFAULT-VALUE})")
    private int pageSize;

    @Option(
            names = "--heap",
            paramLabel = "SIZE",
            defaultValue = "128m",
            description = "the command's largest heap (${DEFAULT-VALUE})")
    private String heap;

    @Option(names = "--help", usageHelp = true, description = "this text")
    private boolean help;

    private Path folder;
    private Map<String, String> environment;
    private boolean failed;

    public static void main(String[] args) {
        System.exit(new CommandLine(new SyncLoad())
                .setOverwrittenOptionsAllowed(true)
                .setExecutionExceptionHandler((failure, command, parsed) -> {
                    System.err.println(failure);
                    return 1;
                })
                .execute(args));
    }

    @Override
    public Integer call() throws IOException, InterruptedException, SQLException, EmbeddedException {
        PlantedDrift drift = new PlantedDrift(clients, differences);
        folder = Files.createTempDirectory("portcullis-sync");
        try (EmbeddedServers servers = EmbeddedServers.start(folder.resolve("data"));
                SyncSource source = new SyncSource(clients, drift.twists())) {
            environment = Map.of(
                    "PORTCULLIS_POSTGRES_URL", servers.postgresUrl(),
                    "PORTCULLIS_REDIS_URL", servers.redisUrl(),
                    "PORTCULLIS_AUTH_PEPPER", "a pepper that nothing here is digested with",
                    "PORTCULLIS_MANAGEMENT_TOKEN", "a-token-that-nobody-uses",
                    "PORTCULLIS_ADMIN_SERVICE_URL", source.url(),
                    "PORTCULLIS_SYNC_PAGE_SIZE", Integer.toString(pageSize));
            run("db", "migrate");
            try (Connection connection = Seed.connect(servers.postgresUrl())) {
                fill(connection);
                measure(drift, connection);
            }
        } finally {
            delete();
        }
        return failed ? 1 : 0;
    }

    private void measure(PlantedDrift drift, Connection connection)
            throws IOException, InterruptedException, SQLException {
        int repairable = drift.repairable().size();
        int reportable = drift.reportable().size();

        drift.plant(connection);
        JsonObject first = sync("first");
        check(first, clients, repairable, reportable);
        check("repaired as planted", told(connection, "sync.repaired").equals(drift.repairable()));
        check("reported as planted", told(connection, "sync.reported").equals(drift.reportable()));
        check(
                "only here, as before",
                ofRegistry(connection, drift.onlyHere()) == drift.onlyHere().size());
        check(
                "all clients are here",
                count(connection, "clients")
                        == clients + (long) drift.onlyHere().size());

        JsonObject second = sync("second");
        check(second, clients, 0, reportable);

        int again = drift.change(connection);
        stopMidway(connection);
        killMidway(connection);
        JsonObject resumed = sync("resumed");
        check(resumed, clients, again, reportable);
        check(
                "each repaired once, each reported once",
                audited(connection, "sync.repaired") == repairable + again
                        && audited(connection, "sync.reported") == reportable);
    }

    private void fill(Connection connection) throws SQLException {
        long started = System.nanoTime();
        for (int from = 0; from < clients; from += 100_000) {
            try (PreparedStatement insert = connection.prepareStatement(SyncSource.INSERT)) {
                insert.setInt(1, from);
                insert.setInt(2, Math.min(clients, from + 100_000));
                insert.executeUpdate();
            }
        }
        try (Statement vacuum = connection.createStatement()) {
            vacuum.execute("vacuum (analyze) client_registry.clients");
        }
        System.out.printf("%,d clients made in %.0f s%n%n", clients, (System.nanoTime() - started) / 1e9);
        System.out.printf(
                "%-10s %8s %8s %10s %9s %9s   %-24s %s%n",
                "run",
                "seconds",
                "CPU s",
                "clients/s",
                "repaired",
                "reported",
                "heap MB by fifths",
                "resident MB by fifths");
    }

    private JsonObject sync(String name) throws IOException, InterruptedException {
        try (WatchedCommand command = WatchedCommand.start(jar, heap, environment, folder, "sync", "run", "--json")) {
            while (command.watch()) {}
            if (command.exit() != 0) {
                throw new IOException("sync run ended with " + command.exit() + ": " + command.err());
            }
            JsonObject batch = new JsonObject(command.out());
            System.out.printf(
                    "%-10s %8.1f %8.1f %10s %9d %9d   %-24s %s%n",
                    name,
                    command.seconds(),
                    command.cpuSeconds(),
                    name.equals("resumed") ? "" : String.format("%,.0f", clients / command.seconds()),
                    batch.getLong("repaired"),
                    batch.getLong("reported"),
                    command.heapMegabytes(),
                    command.residentMegabytes());
            return batch;
        }
    }

    /** As Ctrl-C does. */
    private void stopMidway(Connection connection) throws IOException, InterruptedException, SQLException {
        try (WatchedCommand command = WatchedCommand.start(jar, heap, environment, folder, "sync", "run")) {
            awaitMidway(command, connection, clients / 4);
            command.stop();
            while (command.watch()) {}
            String status = one(connection, "select status || ' behind ' || total from client_registry.sync_batches");
            System.out.printf("%-10s %s%n", "stopped", status);
            check("it says that it was interrupted", status.startsWith("INTERRUPTED"));
            check("it tells the person so", command.out().startsWith("Interrupted after"));
        }
    }

    /** As a machine ends that loses its power, then waits until the lock of the dead is free. */
    private void killMidway(Connection connection) throws IOException, InterruptedException, SQLException {
        try (WatchedCommand command = WatchedCommand.start(jar, heap, environment, folder, "sync", "run")) {
            awaitMidway(command, connection, clients / 2);
            command.kill();
            System.out.printf("%-10s behind %,d clients%n", "killed", batchTotal(connection));
        }
        TimeUnit.SECONDS.sleep(31);
    }

    private void awaitMidway(WatchedCommand command, Connection connection, int middle)
            throws IOException, InterruptedException, SQLException {
        while (batchTotal(connection) < middle) {
            if (!command.watch()) {
                throw new IOException("it has ended too soon: " + command.err());
            }
        }
    }

    private static long batchTotal(Connection connection) throws SQLException {
        return number(
                connection,
                "select coalesce(max(total), 0) from client_registry.sync_batches where status = 'RUNNING'");
    }

    private void check(JsonObject batch, long total, long repaired, long reported) {
        check("total", batch.getLong("total") == total);
        check("repaired", batch.getLong("repaired") == repaired);
        check("reported", batch.getLong("reported") == reported);
        check("matched", batch.getLong("matched") == total - repaired - reported);
        check("absent", batch.getLong("absent") == 0);
    }

    private void check(String what, boolean holds) {
        if (!holds) {
            failed = true;
            System.out.println("WRONG: " + what);
        }
    }

    private static Set<String> told(Connection connection, String action) throws SQLException {
        Set<String> ids = new TreeSet<>();
        try (PreparedStatement select =
                connection.prepareStatement("select key from client_registry.audit_logs where action = ?")) {
            select.setString(1, action);
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    ids.add(rows.getString(1));
                }
            }
        }
        return ids;
    }

    private static long audited(Connection connection, String action) throws SQLException {
        return number(connection, "select count(*) from client_registry.audit_logs where action = '" + action + "'");
    }

    private static long ofRegistry(Connection connection, Set<String> ids) throws SQLException {
        return number(
                connection,
                "select count(*) from client_registry.clients where status = 'ACTIVE' and client_id in ('"
                        + String.join("','", ids) + "')");
    }

    private static long count(Connection connection, String table) throws SQLException {
        return number(connection, "select count(*) from client_registry." + table);
    }

    private static long number(Connection connection, String sql) throws SQLException {
        return Long.parseLong(one(connection, sql));
    }

    private static String one(Connection connection, String sql) throws SQLException {
        try (Statement select = connection.createStatement();
                ResultSet row = select.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }

    private void run(String... words) throws IOException, InterruptedException {
        try (WatchedCommand command = WatchedCommand.start(jar, heap, environment, folder, words)) {
            while (command.watch()) {}
            if (command.exit() != 0) {
                throw new IOException(String.join(" ", words) + ": " + command.err());
            }
        }
    }

    private void delete() throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
