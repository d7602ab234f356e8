package io.portcullis;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.config.ConfigLoader;
import io.portcullis.config.ConfigSource;
import io.portcullis.testing.TestServers;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;

/** A gateway in this JVM on free ports, with a database of its own, and what a test wants of it: clients, requests, SQL, metrics. */
final class TestGateway implements AutoCloseable {

    static final String PEPPER = "a pepper for the tests of the gateway";
    static final String TOKEN = "a-token-for-the-tests";

    private final String database;
    private final Gateway gateway;
    private final RegistryWriter registry;
    private final NodeCalls calls;

    private TestGateway(String database, Map<String, String> environment) throws Exception {
        this(database, Gateway.start(ConfigLoader.load(null, environment).config()));
    }

    private TestGateway(String database, Gateway gateway) {
        this.database = database;
        this.gateway = gateway;
        this.registry = new RegistryWriter(database);
        this.calls = new NodeCalls(gateway.dataPort(), gateway.managementPort());
    }

    /** @param settings environment variables beyond the necessary ones, or in their place */
    static TestGateway start(Map<String, String> settings) throws Exception {
        String database = TestServers.freshDatabaseUrl();
        Map<String, String> environment = environment(database);
        environment.putAll(settings);
        return new TestGateway(database, environment);
    }

    /** A gateway on a database that others use as well. */
    static TestGateway startOn(String database, Map<String, String> settings) throws Exception {
        return startBehind(URI.create(database).getPort(), database, settings);
    }

    /** A gateway whose way to PostgreSQL leads through that port. */
    static TestGateway startBehind(int postgresPort, String database, Map<String, String> settings) throws Exception {
        Map<String, String> environment = environment(database);
        int port = URI.create(database).getPort();
        environment.put("PORTCULLIS_POSTGRES_URL", database.replace(":" + port + "/", ":" + postgresPort + "/"));
        environment.putAll(settings);
        return new TestGateway(database, environment);
    }

    /** The same, with a configuration file that it watches. */
    static TestGateway startWithFile(Path file, int postgresPort, String database, Map<String, String> settings)
            throws Exception {
        Map<String, String> environment = environment(database);
        int port = URI.create(database).getPort();
        environment.put("PORTCULLIS_POSTGRES_URL", database.replace(":" + port + "/", ":" + postgresPort + "/"));
        environment.putAll(settings);
        return new TestGateway(
                database, Gateway.start(ConfigWatch.Watched.load(new ConfigSource(file, environment), false)));
    }

    /** What every gateway in these tests needs to know; it may be added to. Nodes of one cluster share what one call gives. */
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

    int managementPort() {
        return gateway.managementPort();
    }

    /** Where commands find this gateway. */
    CommandRun.Place commands() {
        Map<String, String> environment = environment(database);
        environment.put("PORTCULLIS_MANAGEMENT_HOST", "127.0.0.1");
        environment.put("PORTCULLIS_MANAGEMENT_PORT", String.valueOf(managementPort()));
        return new CommandRun.Place(environment);
    }

    /** An active client and a key of it, by plain SQL. */
    TestClient client() throws SQLException {
        return registry.client();
    }

    TestClient client(String status) throws SQLException {
        return registry.client(status);
    }

    void key(String clientId, String key) throws SQLException {
        registry.key(clientId, key);
    }

    void sql(String text) throws SQLException {
        registry.sql(text);
    }

    /** Returns when all nodes have applied what has been written, so that none drops anything for it later. */
    void awaitApplied() throws Exception {
        HttpResponse<String> answer = administration("/admin/v1/barrier?seq=" + registry.seq());
        assertThat(answer.body()).contains("\"applied\":true");
    }

    String database() {
        return database;
    }

    /** {@code GET /auth} with these headers, name after value after name. */
    HttpResponse<String> auth(String... headers) throws IOException, InterruptedException {
        return calls.auth(headers);
    }

    HttpResponse<String> withKey(String key) throws IOException, InterruptedException {
        return calls.withKey(key);
    }

    /** As an administrator, who has the token. */
    HttpResponse<String> administration(String path) throws IOException, InterruptedException {
        return calls.administration(path);
    }

    HttpResponse<String> management(String path, String... headers) throws IOException, InterruptedException {
        return calls.management(path, headers);
    }

    HttpRequest request(String path, String... headers) {
        return calls.request(path, headers);
    }

    /** The value of a metric, by its name and labels as Prometheus shows them. */
    double metric(String name) throws IOException, InterruptedException {
        return calls.metric(name);
    }

    @Override
    public void close() {
        gateway.close();
    }

    /** Somebody who may call. */
    record TestClient(String id, String key) {}
}
