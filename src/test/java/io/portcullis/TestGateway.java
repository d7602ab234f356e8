package io.portcullis;

import io.portcullis.auth.ApiKey;
import io.portcullis.auth.Pepper;
import io.portcullis.config.ConfigLoader;
import io.portcullis.testing.TestServers;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A gateway in this JVM on free ports, with a database of its own, and what a test wants of it: clients, requests, SQL, metrics. */
final class TestGateway implements AutoCloseable {

    static final String PEPPER = "a pepper for the tests of the gateway";
    static final String TOKEN = "a-token-for-the-tests";

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final String database;
    private final Gateway gateway;
    private final Pepper pepper = new Pepper(PEPPER);

    private TestGateway(String database, Gateway gateway) {
        this.database = database;
        this.gateway = gateway;
    }

    /** @param settings environment variables beyond the necessary ones, or in their place */
    static TestGateway start(Map<String, String> settings) throws Exception {
        String database = TestServers.freshDatabaseUrl();
        Map<String, String> environment = environment(database);
        environment.putAll(settings);
        return new TestGateway(
                database, Gateway.start(ConfigLoader.load(null, environment).config()));
    }

    /** A gateway whose way to PostgreSQL leads through that port. */
    static TestGateway startBehind(int postgresPort, String database, Map<String, String> settings) throws Exception {
        Map<String, String> environment = environment(database);
        int port = URI.create(database).getPort();
        environment.put("PORTCULLIS_POSTGRES_URL", database.replace(":" + port + "/", ":" + postgresPort + "/"));
        environment.putAll(settings);
        return new TestGateway(
                database, Gateway.start(ConfigLoader.load(null, environment).config()));
    }

    static Map<String, String> environment(String database) {
        Map<String, String> environment = new HashMap<>();
        environment.put("PORTCULLIS_SERVER_HOST", "127.0.0.1");
        environment.put("PORTCULLIS_SERVER_PORT", "0");
        environment.put("PORTCULLIS_MANAGEMENT_PORT", "0");
        environment.put("PORTCULLIS_MANAGEMENT_TOKEN", TOKEN);
        environment.put("PORTCULLIS_AUTH_PEPPER", PEPPER);
        environment.put("PORTCULLIS_POSTGRES_URL", database);
        environment.put("PORTCULLIS_REDIS_URL", TestServers.redisUrl());
        // The Redis is shared by all tests, the keys are not.
        environment.put("PORTCULLIS_REDIS_PREFIX", "t" + UUID.randomUUID() + ":");
        environment.put("PORTCULLIS_REDIS_MIN_IDLE", "0");
        environment.put("PORTCULLIS_POSTGRES_POOL_SIZE", "4");
        environment.put("PORTCULLIS_POSTGRES_POOL_MIN", "1");
        return environment;
    }

    int port() {
        return gateway.dataPort();
    }

    /** An active client and a key of it, by plain SQL. */
    TestClient client() throws SQLException {
        return client("ACTIVE");
    }

    TestClient client(String status) throws SQLException {
        String id = UUID.randomUUID().toString();
        String key = ApiKey.generate("test", new SecureRandom());
        sql("INSERT INTO client_registry.clients (client_id, client_code, status) VALUES ('" + id + "', 'code', '"
                + status + "')");
        key(id, key);
        return new TestClient(id, key);
    }

    void key(String clientId, String key) throws SQLException {
        try (Connection connection = TestServers.connect(database);
                PreparedStatement insert = connection.prepareStatement(
                        "INSERT INTO client_registry.client_keys (client_id, digest, pepper_id, prefix) VALUES (?::uuid, ?, ?, ?)")) {
            insert.setString(1, clientId);
            insert.setBytes(2, pepper.digest(key).bytes());
            insert.setString(3, pepper.id());
            insert.setString(4, ApiKey.recognisablePrefix(key));
            insert.executeUpdate();
        }
    }

    void sql(String text) throws SQLException {
        try (Connection connection = TestServers.connect(database);
                Statement statement = connection.createStatement()) {
            statement.execute(text);
        }
    }

    String database() {
        return database;
    }

    /** {@code GET /auth} with these headers, name after value after name. */
    HttpResponse<String> auth(String... headers) throws Exception {
        return get(gateway.dataPort(), "/auth", headers);
    }

    HttpResponse<String> withKey(String key) throws Exception {
        return auth("X-API-Key", key);
    }

    HttpResponse<String> management(String path, String... headers) throws Exception {
        return get(gateway.managementPort(), path, headers);
    }

    HttpRequest request(String path, String... headers) {
        return request(gateway.dataPort(), path, headers);
    }

    /** The value of a metric, by its name and labels as Prometheus shows them. */
    double metric(String name) throws Exception {
        Matcher line = Pattern.compile("^" + Pattern.quote(name) + " (\\S+)$", Pattern.MULTILINE)
                .matcher(management("/metrics").body());
        if (!line.find()) {
            throw new AssertionError("no metric " + name);
        }
        return Double.parseDouble(line.group(1));
    }

    @Override
    public void close() {
        gateway.close();
    }

    private HttpResponse<String> get(int port, String path, String... headers) throws Exception {
        return http.send(request(port, path, headers), HttpResponse.BodyHandlers.ofString());
    }

    private static HttpRequest request(int port, String path, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .timeout(Duration.ofSeconds(20));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return request.build();
    }

    /** Somebody who may call. */
    record TestClient(String id, String key) {}
}
