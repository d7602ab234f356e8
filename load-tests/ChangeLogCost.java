import io.portcullis.database.Migrations;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * What the versions and the change log cost a writer of 100,000 rows: each statement with all triggers and with none, in turns, on the same
 * tables with the same indexes. Must: below 2.
 *
 * <pre>
 * mvn -q -DskipTests package
 * java -cp target/portcullis.jar load-tests/ChangeLogCost.java postgresql://user:password@host:port/an_empty_database [pairs]
 * </pre>
 *
 * Needs the rights of the database's owner. The database is empty again afterwards. Where the server runs on this machine (Linux), its CPU time
 * is counted; elsewhere the time by the clock, which a busy machine distorts.
 */
public final class ChangeLogCost {
    private static final int ROWS = 100_000;

    private record Work(String name, String statement, List<Double> with, List<Double> without) {
        Work(String name, String statement) {
            this(name, statement, new ArrayList<>(), new ArrayList<>());
        }
    }

    public static void main(String[] args) throws SQLException, IOException {
        URI uri = URI.create(args[0]);
        int pairs = args.length > 1 ? Integer.parseInt(args[1]) : 7;
        String[] account = uri.getUserInfo().split(":", 2);
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setURL("jdbc:postgresql://" + uri.getHost() + ":" + uri.getPort() + uri.getPath());
        source.setUser(account[0]);
        source.setPassword(account[1]);

        Migrations migrations = new Migrations(source);
        if (migrations.status().stream().anyMatch(step -> step.installedOn() != null)) {
            throw new IllegalArgumentException("the database is not empty: it would lose its clients");
        }
        migrations.migrate();
        try (Connection connection = source.getConnection();
                Statement sql = connection.createStatement()) {
            measure(sql, pairs);
        } finally {
            while (migrations.rollback().isPresent()) {
                // Down to the empty database.
            }
        }
    }

    private static void measure(Statement sql, int pairs) throws SQLException, IOException {
        String numbers = " FROM generate_series(1, " + ROWS + ") n";
        // In the order in which they can run; the narrow rows are the hard case, as they cost least without triggers.
        List<Work> works = List.of(
                new Work(
                        "INSERT clients, three columns",
                        "INSERT INTO client_registry.clients (client_id, client_code, status)"
                                + " SELECT gen_random_uuid(), 'code-' || n, 'ACTIVE'" + numbers),
                new Work("UPDATE clients SET status", "UPDATE client_registry.clients SET status = 'SUSPENDED'"),
                new Work("UPDATE clients, nothing changed", "UPDATE client_registry.clients SET status = 'SUSPENDED'"),
                new Work(
                        "INSERT client_keys",
                        "INSERT INTO client_registry.client_keys (client_id, digest, pepper_id, prefix)"
                                + " SELECT client_id, sha256(client_id::text::bytea), 'p1', 'pk_live_abcd'"
                                + " FROM client_registry.clients"),
                new Work("UPDATE client_keys SET status", "UPDATE client_registry.client_keys SET status = 'REVOKED'"),
                new Work("DELETE client_keys", "DELETE FROM client_registry.client_keys"),
                new Work("DELETE clients (cascades)", "DELETE FROM client_registry.clients"));
        List<String> triggers = new ArrayList<>();
        try (ResultSet rows = sql.executeQuery("SELECT format('%s TRIGGER %I', tgrelid::regclass, tgname) FROM pg_trigger"
                + " WHERE NOT tgisinternal AND tgrelid IN"
                + " ('client_registry.clients'::regclass, 'client_registry.client_keys'::regclass)")) {
            while (rows.next()) {
                triggers.add(rows.getString(1));
            }
        }
        Path process;
        try (ResultSet row = sql.executeQuery("SELECT pg_backend_pid()")) {
            row.next();
            Path stat = Path.of("/proc", row.getString(1), "stat");
            boolean ours = Files.isReadable(stat) && Files.readString(stat).contains("(postgres)");
            process = ours ? stat : null;
        }
        // What takes the place of the stamp while there is none.
        sql.execute("ALTER TABLE client_registry.clients ALTER version SET DEFAULT 0");
        sql.execute("ALTER TABLE client_registry.client_keys ALTER version SET DEFAULT 0");
        for (int pair = -1; pair < pairs; pair++) {
            for (boolean with : pair % 2 == 0 ? new boolean[] {true, false} : new boolean[] {false, true}) {
                for (String trigger : triggers) {
                    sql.execute("ALTER TABLE " + trigger.replace(" TRIGGER", with ? " ENABLE ALWAYS TRIGGER" : " DISABLE TRIGGER"));
                }
                for (Work work : works) {
                    double start = millis(process);
                    sql.execute(work.statement);
                    double millis = millis(process) - start;
                    if (pair >= 0) { // the first pair warms the server
                        (with ? work.with : work.without).add(millis);
                    }
                }
                sql.execute("TRUNCATE client_registry.registry_changes, client_registry.registry_commits");
                sql.execute("TRUNCATE client_registry.clients CASCADE");
            }
        }
        System.out.println(process == null ? "by the clock" : "CPU time of the server's process");
        System.out.printf("%-34s %12s %12s %8s %16s%n", ROWS + " rows, " + pairs + " pairs", "without ms", "with ms", "ratio", "pairs' ratios");
        for (Work work : works) {
            List<Double> ratios = new ArrayList<>();
            for (int i = 0; i < work.with.size(); i++) {
                ratios.add(work.with.get(i) / work.without.get(i));
            }
            System.out.printf(
                    Locale.ROOT,
                    "%-34s %12.0f %12.0f %8.2f %8.2f – %.2f%n",
                    work.name,
                    median(work.without),
                    median(work.with),
                    median(ratios),
                    Collections.min(ratios),
                    Collections.max(ratios));
        }
    }

    /** Of CPU that the server's process has used (user and system, in ticks of 10 ms: proc(5)), or by the clock where it cannot be seen. */
    private static double millis(Path process) throws IOException {
        if (process == null) {
            return System.nanoTime() / 1e6;
        }
        String stat = Files.readString(process);
        String[] afterName = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return (Long.parseLong(afterName[11]) + Long.parseLong(afterName[12])) * 10.0;
    }

    private static double median(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }
}
