package io.portcullis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portcullis.auth.ApiKey;
import io.portcullis.auth.Pepper;
import io.portcullis.testing.RawHttp;
import io.portcullis.testing.TestServers;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** SIGTERM to the real process while it is in use. */
class DrainIT {

    private static final int CALLERS = 16;

    @Test
    void everyRequestThatWasSentIsAnswered(@TempDir Path folder) throws Exception {
        String database = TestServers.freshDatabaseUrl();
        Map<String, String> environment = TestGateway.environment(database);
        environment.put("PORTCULLIS_SERVER_REQUEST_TIMEOUT", "10s");
        try (JarProcess jar = JarProcess.start(folder, environment)) {
            String warm = client(database);
            String cold = client(database);
            int port = jar.url().getPort();
            AtomicInteger answered = new AtomicInteger();
            AtomicInteger failed = new AtomicInteger();
            ExecutorService callers = Executors.newFixedThreadPool(CALLERS + 1);
            try (Connection blocker = TestServers.connect(database);
                    Statement statement = blocker.createStatement()) {
                List<Future<?>> calls = new ArrayList<>();
                for (int i = 0; i < CALLERS; i++) {
                    calls.add(callers.submit(() -> callUntilToldToGo(port, warm, answered, failed)));
                }
                await().atMost(Duration.ofSeconds(20)).until(() -> answered.get() > 1000);
                // One request is on its way through all tiers when the signal comes.
                blocker.setAutoCommit(false);
                statement.execute("LOCK TABLE client_registry.client_keys IN ACCESS EXCLUSIVE MODE");
                Future<String> slow = callers.submit(() -> {
                    try (RawHttp connection = new RawHttp(port)) {
                        return connection.send(request(cold)).answer();
                    }
                });
                await().atMost(Duration.ofSeconds(10)).until(() -> isWaiting(database));

                jar.signalTerm();
                for (Future<?> call : calls) {
                    call.get(30, TimeUnit.SECONDS);
                }
                // Nobody new is let in any more: what is still under way now is what the drain is for.
                await().atMost(Duration.ofSeconds(10)).until(() -> isRefused(port));
                blocker.rollback();

                assertThat(slow.get(30, TimeUnit.SECONDS)).startsWith("HTTP/1.1 200");
                assertThat(failed).hasValue(0);
                assertThat(jar.exitCode()).isZero();
            } finally {
                callers.shutdownNow();
            }
        }
    }

    /** A client as HTTP/1.1 wants it: it goes on with its connection until it is told that this one closes. */
    private static void callUntilToldToGo(int port, String key, AtomicInteger answered, AtomicInteger failed) {
        try (RawHttp connection = new RawHttp(port)) {
            while (true) {
                String answer = connection.send(request(key)).answer();
                if (!answer.startsWith("HTTP/1.1 200")) {
                    failed.incrementAndGet();
                    return;
                }
                answered.incrementAndGet();
                if (answer.contains("connection: close")) {
                    return;
                }
            }
        } catch (ConnectException e) {
            // Refused before anything was sent: nothing was promised.
        } catch (IOException e) {
            failed.incrementAndGet();
        }
    }

    private static boolean isRefused(int port) throws IOException {
        try (RawHttp connection = new RawHttp(port)) {
            return connection.ended();
        } catch (ConnectException e) {
            return true;
        }
    }

    private static boolean isWaiting(String database) throws Exception {
        try (Connection connection = TestServers.connect(database);
                Statement statement = connection.createStatement();
                var rows = statement.executeQuery(
                        "SELECT count(*) > 0 FROM pg_stat_activity WHERE application_name = 'portcullis' AND wait_event_type = 'Lock'"
                                + " AND datname = current_database()")) {
            return rows.next() && rows.getBoolean(1);
        }
    }

    private static String client(String database) throws Exception {
        String key = ApiKey.generate("test", new SecureRandom());
        Pepper pepper = new Pepper(TestGateway.PEPPER);
        String id = UUID.randomUUID().toString();
        try (Connection connection = TestServers.connect(database);
                Statement statement = connection.createStatement()) {
            statement.execute(
                    "INSERT INTO client_registry.clients (client_id, status) VALUES ('" + id + "', 'ACTIVE')");
            statement.execute("INSERT INTO client_registry.client_keys (client_id, digest, pepper_id, prefix) VALUES ('"
                    + id + "', '\\x" + pepper.digest(key).hex() + "', '" + pepper.id() + "', 'pk_test_abc')");
        }
        return key;
    }

    private static String request(String key) {
        return "GET /auth HTTP/1.1\r\nHost: a\r\nX-API-Key: " + key + "\r\n\r\n";
    }
}
