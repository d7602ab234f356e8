package io.portcullis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portcullis.auth.ApiKey;
import io.portcullis.auth.Pepper;
import io.portcullis.auth.SecretHash;
import io.portcullis.embedded.RunFile;
import io.portcullis.testing.TestServers;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import io.vertx.redis.client.ResponseType;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The run command of the README, from an empty folder on. One story, since a first start costs seconds. */
class FirstStartIT {

    @Test
    void theDemoKeyWorksAndGoesOnWorkingThroughStopsAndKills(@TempDir Path folder) throws Exception {
        String key;
        try (JarProcess jar = JarProcess.start(folder, Map.of())) {
            key = jar.demoKey();
            allows(jar, key);
            refuses(jar, key);
            aSecondStartSaysThatTheFolderIsInUse(folder);
            filesWithSecretsAreForTheirOwnerOnly(jar.data());
            noSecretIsWrittenAnywhere(jar, key);

            assertThat(jar.terminate()).as("exit code after SIGTERM").isZero();
            assertThat(RunFile.read(jar.data())).isEmpty();
        }
        RunFile killed;
        try (JarProcess jar = JarProcess.start(folder, Map.of())) {
            assertThat(jar.output()).doesNotContain(key).contains("client create");
            allows(jar, key);

            killed = jar.runFile();
            jar.kill();
        }
        await().atMost(Duration.ofSeconds(10)).until(() -> isGone(killed.postgres()) && isGone(killed.redis()));
        try (JarProcess jar = JarProcess.start(folder, Map.of())) {
            allows(jar, key);
            assertThat(jar.terminate()).isZero();
        }
    }

    @Test
    void aTypoInTheConfigurationStopsTheStartAndSaysWhere(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("gateway.yaml"), "server:\n  prot: 8080\n");

        try (JarProcess jar = JarProcess.launch(folder, Map.of(), "run", "--config", file.toString())) {
            assertThat(jar.exitCode()).isEqualTo(1);
            assertThat(jar.output())
                    .contains("gateway.yaml:2", "server.prot", "server.port")
                    .doesNotContain("\tat ");
            assertThat(Files.exists(jar.data())).as("nothing was started").isFalse();
        }
    }

    private static void allows(JarProcess jar, String key) throws Exception {
        HttpResponse<String> answer = jar.auth("X-API-Key", key);
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("X-Client-Code")).contains("demo");
        assertThat(answer.headers().firstValue("X-Client-Id")).isPresent();
    }

    private static void refuses(JarProcess jar, String key) throws Exception {
        for (int i = 0; i < key.length(); i += 7) {
            String changed = key.substring(0, i) + (key.charAt(i) == 'z' ? 'y' : 'z') + key.substring(i + 1);
            HttpResponse<String> answer = jar.auth("X-API-Key", changed);
            assertThat(answer.statusCode()).isEqualTo(401);
            assertThat(answer.headers().firstValue("Content-Type")).contains("application/problem+json");
        }
    }

    private static void aSecondStartSaysThatTheFolderIsInUse(Path folder) throws Exception {
        try (JarProcess second = JarProcess.launch(folder, Map.of())) {
            assertThat(second.exitCode()).isEqualTo(1);
            assertThat(second.output()).contains("in use").doesNotContain("\tat ");
        }
    }

    private static void filesWithSecretsAreForTheirOwnerOnly(Path data) throws IOException {
        List<Path> files = new ArrayList<>(List.of(data.resolve("run.json")));
        try (var secrets = Files.list(data.resolve("secrets"))) {
            secrets.forEach(files::add);
        }
        assertThat(files).hasSizeGreaterThan(3);
        for (Path file : files) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                    .as("%s", file)
                    .isEqualTo("rw-------");
        }
    }

    /** Secrets are planted wherever a caller can put one; then every log line, every table and every Redis value is searched. */
    private static void noSecretIsWrittenAnywhere(JarProcess jar, String demoKey) throws Exception {
        RunFile run = jar.runFile();
        Pepper pepper = new Pepper(
                Files.readString(jar.data().resolve("secrets/pepper")).trim());
        String key = ApiKey.generate("planted", new SecureRandom());
        String unknown = ApiKey.generate("planted", new SecureRandom());
        String secret = "planted-secret-" + UUID.randomUUID();
        String id = UUID.randomUUID().toString();
        try (Connection connection = TestServers.connect(run.postgres());
                Statement statement = connection.createStatement()) {
            statement.execute("INSERT INTO client_registry.clients (client_id, status, client_secret_hash) VALUES ('"
                    + id + "', 'ACTIVE', '" + SecretHash.of(secret, pepper) + "')");
            statement.execute("INSERT INTO client_registry.client_keys (client_id, digest, pepper_id, prefix) VALUES ('"
                    + id + "', '\\x" + pepper.digest(key).hex() + "', '" + pepper.id() + "', '"
                    + ApiKey.recognisablePrefix(key) + "')");
        }
        assertThat(jar.auth("X-API-Key", key).statusCode()).isEqualTo(200);
        assertThat(jar.auth("Authorization", "Bearer " + key).statusCode()).isEqualTo(200);
        assertThat(jar.auth("X-API-Key", unknown).statusCode()).isEqualTo(401);
        assertThat(jar.auth("Authorization", basic(id, secret)).statusCode()).isEqualTo(200);
        assertThat(jar.auth("Authorization", basic(id, secret + "x")).statusCode())
                .isEqualTo(401);
        assertThat(jar.auth("Authorization", basic(id, secret), "X-API-Key", key)
                        .statusCode())
                .isEqualTo(400);
        assertThat(jar.auth("X-Request-Id", key, "X-API-Key", key).headers().firstValue("X-Request-Id"))
                .isPresent();

        String logs = jar.output().replace(demoKey, "");
        String tables = tables(run.postgres());
        String redis = redis(run.redis());

        assertThat(tables).as("the search sees the rows").contains(id);
        assertThat(redis).as("the search sees the records").contains(id);
        for (String planted : List.of(key, unknown, secret, demoKey)) {
            assertThat(logs).doesNotContain(planted);
            assertThat(tables).doesNotContain(planted);
            assertThat(redis).doesNotContain(planted);
        }
        for (String file : List.of("pepper", "management-token", "postgres-password", "redis-password")) {
            assertThat(logs)
                    .as(file)
                    .doesNotContain(
                            Files.readString(jar.data().resolve("secrets").resolve(file))
                                    .trim());
        }
    }

    private static String tables(String url) throws Exception {
        StringBuilder all = new StringBuilder();
        try (Connection connection = TestServers.connect(url);
                Statement names = connection.createStatement();
                ResultSet tables = names.executeQuery(
                        "SELECT format('%I.%I', table_schema, table_name) FROM information_schema.tables"
                                + " WHERE table_schema NOT IN ('pg_catalog', 'information_schema')")) {
            while (tables.next()) {
                try (Statement statement = connection.createStatement();
                        ResultSet rows = statement.executeQuery("SELECT t::text FROM " + tables.getString(1) + " t")) {
                    while (rows.next()) {
                        all.append(rows.getString(1)).append('\n');
                    }
                }
            }
        }
        return all.toString();
    }

    private static String redis(String url) throws Exception {
        StringBuilder all = new StringBuilder();
        Vertx vertx = Vertx.vertx();
        try {
            Redis redis = Redis.createClient(vertx, url);
            for (Response name : redis.send(Request.cmd(Command.KEYS).arg("*")).await(5, TimeUnit.SECONDS)) {
                all.append(name).append(' ');
                String type = redis.send(Request.cmd(Command.TYPE).arg(name.toBuffer()))
                        .await(5, TimeUnit.SECONDS)
                        .toString();
                Request read = switch (type) {
                    case "zset" ->
                        Request.cmd(Command.ZRANGE).arg(name.toBuffer()).arg(0).arg(-1);
                    case "hash" -> Request.cmd(Command.HGETALL).arg(name.toBuffer());
                    default -> Request.cmd(Command.GET).arg(name.toBuffer());
                };
                Response value = redis.send(read).await(5, TimeUnit.SECONDS);
                all.append(value == null ? "" : text(value)).append('\n');
            }
        } finally {
            vertx.close().await(5, TimeUnit.SECONDS);
        }
        return all.toString();
    }

    private static String text(Response value) {
        if (value.type() == ResponseType.BULK) {
            return value.toString(StandardCharsets.ISO_8859_1);
        }
        StringBuilder parts = new StringBuilder();
        value.forEach(part -> parts.append(text(part)).append(' '));
        return parts.toString();
    }

    private static boolean isGone(String url) throws IOException {
        try (Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), URI.create(url).getPort())) {
            return !socket.isConnected();
        } catch (ConnectException e) {
            return true;
        }
    }

    private static String basic(String id, String secret) {
        return "Basic " + Base64.getEncoder().encodeToString((id + ":" + secret).getBytes(StandardCharsets.ISO_8859_1));
    }
}
