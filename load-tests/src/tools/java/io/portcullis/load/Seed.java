package io.portcullis.load;

import io.portcullis.auth.ApiKey;
import io.portcullis.auth.Pepper;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Fills a registry with clients of one key each, all of the tenant {@value #TENANT}, whose earlier clients go. Needs the gateway's jar and
 * no other class, so that it runs from its source:
 * {@code java -cp target/portcullis.jar load-tests/src/tools/java/io/portcullis/load/Seed.java}.
 */
@Command(name = "seed", sortOptions = false)
public final class Seed implements Callable<Integer> {

    static final String TENANT = "load-tests";

    private static final int ROWS_PER_STATEMENT = 10_000;
    private static final String ENVIRONMENT = "load";

    @Option(
            names = "--data",
            paramLabel = "DIR",
            defaultValue = "data",
            description = "data folder of a running embedded gateway; tells where its PostgreSQL is, and the pepper")
    private Path data = Path.of("data");

    @Option(
            names = "--postgres",
            paramLabel = "URL",
            description = "another PostgreSQL: postgresql://user:password@host:port/db")
    private String postgres;

    @Option(names = "--pepper-file", paramLabel = "FILE", description = "the pepper that goes with it")
    private Path pepperFile;

    @Option(
            names = "--count",
            paramLabel = "N",
            defaultValue = "10000",
            description = "clients (default: ${DEFAULT-VALUE})")
    private int count;

    @Option(names = "--out", paramLabel = "FILE", required = true, description = "gets the keys, one a line")
    private Path out;

    @Option(names = "--unknown-out", paramLabel = "FILE", description = "gets as many well-formed keys that nobody has")
    private Path unknownOut;

    @Option(names = "--help", usageHelp = true, description = "this text")
    private boolean help;

    public static void main(String[] args) {
        System.exit(new CommandLine(new Seed()).execute(args));
    }

    @Override
    public Integer call() throws IOException, SQLException {
        String url = postgres != null ? postgres : postgresOf(data);
        Pepper pepper = new Pepper(Files.readString(pepperFile != null ? pepperFile : pepperFileOf(data))
                .strip());
        SecureRandom random = new SecureRandom();
        writeLines(out, fill(url, pepper, count, random));
        if (unknownOut != null) {
            writeLines(unknownOut, keys(count, random));
        }
        return 0;
    }

    static Path pepperFileOf(Path data) throws IOException {
        return Path.of(run(data).getString("secrets"), "pepper");
    }

    /** The URL of the PostgreSQL that runs on a data folder. */
    static String postgresOf(Path data) throws IOException {
        return run(data).getString("postgres");
    }

    /** The URL of the Redis beside it. */
    static String redisOf(Path data) throws IOException {
        return run(data).getString("redis");
    }

    /** Whether that process is the gateway on a data folder, and has its servers up. */
    static boolean isRunBy(long pid, Path data) throws IOException {
        return Files.exists(data.resolve("run.json")) && run(data).getLong("pid") == pid;
    }

    private static JsonObject run(Path data) throws IOException {
        return new JsonObject(Files.readString(data.resolve("run.json")));
    }

    /** Replaces the tenant's clients by {@code count} new ones and returns their keys. */
    static List<String> fill(String postgresUrl, Pepper pepper, int count, SecureRandom random) throws SQLException {
        List<String> keys = keys(count, random);
        try (Connection connection = connect(postgresUrl)) {
            connection.setAutoCommit(false);
            try (PreparedStatement delete =
                    connection.prepareStatement("delete from client_registry.clients where tenant_id = ?")) {
                delete.setString(1, TENANT);
                delete.executeUpdate();
            }
            for (int from = 0; from < count; from += ROWS_PER_STATEMENT) {
                insert(connection, pepper, keys, from, Math.min(count, from + ROWS_PER_STATEMENT));
            }
            connection.commit();
        }
        return keys;
    }

    /** The client's, by the place of its key. One width for all: every answer then has the same number of bytes. */
    static String codeOf(int index) {
        return String.format("load-%07d", index);
    }

    /** One statement for the clients and one for their keys: the change log's triggers run once for each. */
    private static void insert(Connection connection, Pepper pepper, List<String> keys, int from, int to)
            throws SQLException {
        int rows = to - from;
        UUID[] clientIds = new UUID[rows];
        String[] codes = new String[rows];
        UUID[] keyIds = new UUID[rows];
        byte[][] digests = new byte[rows][];
        String[] prefixes = new String[rows];
        for (int i = 0; i < rows; i++) {
            String key = keys.get(from + i);
            clientIds[i] = UUID.randomUUID();
            codes[i] = codeOf(from + i);
            keyIds[i] = UUID.randomUUID();
            digests[i] = pepper.digest(key).bytes();
            prefixes[i] = ApiKey.recognisablePrefix(key);
        }
        try (PreparedStatement clients = connection.prepareStatement("""
                insert into client_registry.clients (client_id, client_code, tenant_id, status)
                select id, code, ?, 'ACTIVE' from unnest(?::uuid[], ?::text[]) as t (id, code)""")) {
            clients.setString(1, TENANT);
            clients.setArray(2, connection.createArrayOf("uuid", clientIds));
            clients.setArray(3, connection.createArrayOf("text", codes));
            clients.executeUpdate();
        }
        try (PreparedStatement clientKeys = connection.prepareStatement("""
                insert into client_registry.client_keys (key_id, client_id, digest, pepper_id, prefix, name, status)
                select id, client_id, digest, ?, prefix, 'load test', 'ACTIVE'
                from unnest(?::uuid[], ?::uuid[], ?::bytea[], ?::text[]) as t (id, client_id, digest, prefix)""")) {
            clientKeys.setString(1, pepper.id());
            clientKeys.setArray(2, connection.createArrayOf("uuid", keyIds));
            clientKeys.setArray(3, connection.createArrayOf("uuid", clientIds));
            clientKeys.setArray(4, connection.createArrayOf("bytea", digests));
            clientKeys.setArray(5, connection.createArrayOf("text", prefixes));
            clientKeys.executeUpdate();
        }
    }

    private static List<String> keys(int count, SecureRandom random) {
        List<String> keys = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            keys.add(ApiKey.generate(ENVIRONMENT, random));
        }
        return keys;
    }

    static Connection connect(String url) throws SQLException {
        URI uri = URI.create(url);
        String[] user = uri.getRawUserInfo().split(":", 2);
        Properties properties = new Properties();
        properties.setProperty("user", URLDecoder.decode(user[0], StandardCharsets.UTF_8));
        properties.setProperty("password", URLDecoder.decode(user[1], StandardCharsets.UTF_8));
        return DriverManager.getConnection(
                "jdbc:postgresql://" + uri.getHost() + ":" + uri.getPort() + uri.getPath(), properties);
    }

    private static void writeLines(Path file, List<String> lines) throws IOException {
        if (file.toAbsolutePath().getParent() != null) {
            Files.createDirectories(file.toAbsolutePath().getParent());
        }
        Files.write(file, lines);
    }
}
