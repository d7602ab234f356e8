package io.portcullis.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.portcullis.testing.TestServers;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** All on one data folder: the first test to start pays for unpacking and initdb. */
@Timeout(60)
class EmbeddedServersIT {
    private static final Duration LIMIT = Duration.ofSeconds(15);

    @TempDir
    static Path above;

    static Path data;

    @BeforeAll
    static void openToTheServersUser() throws IOException {
        // A temporary folder is closed to others, and the servers of root are others; one test closes it again.
        Files.setPosixFilePermissions(above, PosixFilePermissions.fromString("rwxr-xr-x"));
        data = above.resolve("data");
    }

    @AfterEach
    void nothingRunsOnTheFolderAfterwards() {
        assertThat(FolderProcesses.of(data)).isEmpty();
    }

    @Test
    void bothServersKeepTheirDataAndPasswordsOverARestart() throws Exception {
        String password;
        try (EmbeddedServers servers = EmbeddedServers.start(data)) {
            execute(servers.postgresUrl(), "CREATE TABLE IF NOT EXISTS kept AS SELECT 42 AS answer");
            assertThat(redis(servers, "SET kept 42")).isEqualTo("+OK");
            password = URI.create(servers.postgresUrl()).getUserInfo();
        }
        try (EmbeddedServers servers = EmbeddedServers.start(data)) {
            assertThat(URI.create(servers.postgresUrl()).getUserInfo()).isEqualTo(password);
            assertThat(query(servers.postgresUrl(), "SELECT answer FROM kept")).isEqualTo("42");
            assertThat(redis(servers, "GET kept")).isEqualTo("$2");
        }
    }

    @Test
    void applicationRoleOwnsItsDatabaseAndNoMore() throws Exception {
        try (EmbeddedServers servers = EmbeddedServers.start(data)) {
            String url = servers.postgresUrl();
            assertThat(query(url, "SHOW server_version")).startsWith("18.");
            assertThat(query(url, "SHOW fsync")).isEqualTo("on");
            assertThat(query(url, "SHOW server_encoding")).isEqualTo("UTF8");
            assertThat(query(url, "SHOW log_timezone")).isEqualTo("UTC");
            assertThat(query(
                            url,
                            "SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication FROM pg_roles"
                                    + " WHERE rolname = current_user"))
                    .isEqualTo("f");
            assertThat(query(url, "SELECT system_identifier > 0 FROM pg_control_system()"))
                    .isEqualTo("t");
            assertThat(query(url, "SELECT timeline_id FROM pg_control_checkpoint()"))
                    .isEqualTo("1");
            execute(url, """
                    DROP SCHEMA IF EXISTS own CASCADE;
                    CREATE SCHEMA own;
                    CREATE TABLE own.t (id int);
                    CREATE FUNCTION own.f() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = own, pg_temp
                        AS $$ BEGIN PERFORM pg_notify('c', 'x'); RETURN NULL; END $$;
                    CREATE TRIGGER tr AFTER INSERT ON own.t FOR EACH STATEMENT EXECUTE FUNCTION own.f();
                    ALTER TABLE own.t ENABLE ALWAYS TRIGGER tr;
                    INSERT INTO own.t VALUES (1);
                    """);
            assertThatThrownBy(() -> execute(url, "COPY own.t TO '/tmp/stolen'"))
                    .isInstanceOf(SQLException.class);
        }
    }

    @Test
    void nobodyGetsInWithoutThePassword() throws Exception {
        try (EmbeddedServers servers = EmbeddedServers.start(data)) {
            for (String url : List.of(servers.postgresUrl(), servers.superuserUrl())) {
                String wrong = url.replaceFirst(":[^:@/]+@", ":wrong@");
                assertThatThrownBy(() -> query(wrong, "SELECT 1"))
                        .isInstanceOf(SQLException.class)
                        .hasMessageContaining("password authentication failed");
            }
            assertThat(redis(servers.redisUrl().replaceFirst(":[^:@/]+@", ":wrong@"), "PING"))
                    .startsWith("-NOAUTH");
        }
    }

    @Test
    void passwordsAreOnNoCommandLineAndInNoLog() throws Exception {
        try (EmbeddedServers servers = EmbeddedServers.start(data)) {
            List<String> secrets = List.of(
                    password(servers.postgresUrl()), password(servers.superuserUrl()), password(servers.redisUrl()));
            for (ProcessHandle process : FolderProcesses.of(data)) {
                assertThat(process.info().commandLine().orElse("")).doesNotContain(secrets);
            }
            for (Path folder : List.of(data.resolve("log"), data.resolve("postgres/log"))) {
                try (var files = Files.list(folder)) {
                    for (Path file : files.toList()) {
                        assertThat(Files.readString(file)).as(file.toString()).doesNotContain(secrets);
                    }
                }
            }
            try (var files = Files.list(data.resolve("secrets"))) {
                assertThat(files)
                        .hasSize(3)
                        .allSatisfy(
                                file -> assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                                        .isEqualTo("rw-------"));
            }
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(data.resolve("redis/redis.conf"))))
                    .isEqualTo("rw-------");
        }
    }

    @Test
    void secondStartIsToldWhoHoldsTheFolderAndDoesNotBreakTheLock() throws Exception {
        try (EmbeddedServers servers = EmbeddedServers.start(data)) {
            assertThatThrownBy(() -> EmbeddedServers.start(data))
                    .isInstanceOf(FolderInUseException.class)
                    .hasMessageContaining(data.toRealPath().toString())
                    .hasMessageContaining(Long.toString(ProcessHandle.current().pid()));
            // After the attempt above, since that one could have cost the first its lock.
            Process child = child();
            try {
                assertThat(child.waitFor()).isNotZero();
                assertThat(new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                        .contains(
                                "FolderInUseException",
                                data.toRealPath().toString(),
                                Long.toString(ProcessHandle.current().pid()));
            } finally {
                child.destroyForcibly();
            }
            assertThat(query(servers.postgresUrl(), "SELECT 1")).isEqualTo("1");
        }
    }

    @Test
    void closeTwiceIsCloseOnce() throws Exception {
        EmbeddedServers servers = EmbeddedServers.start(data);
        servers.close();
        try (EmbeddedServers next = EmbeddedServers.start(data)) {
            servers.close();
            assertThat(query(next.postgresUrl(), "SELECT 1")).isEqualTo("1");
            assertThatThrownBy(() -> EmbeddedServers.start(data)).isInstanceOf(FolderInUseException.class);
        }
    }

    @Test
    void killedGatewayTakesItsServersWithIt() throws Exception {
        Process child = child();
        awaitReady(child);
        assertThat(FolderProcesses.of(data)).hasSizeGreaterThan(2);
        child.destroyForcibly().waitFor();
        await().atMost(LIMIT)
                .pollInterval(Duration.ofMillis(20))
                .until(() -> FolderProcesses.of(data).isEmpty());
    }

    @Test
    void restartRightAfterAKillWaitsForTheFormerServers() throws Exception {
        Process child = child();
        awaitReady(child);
        long former = FolderProcesses.postmaster(data);
        child.destroyForcibly().waitFor();
        try (EmbeddedServers servers = EmbeddedServers.start(data)) {
            assertThat(FolderProcesses.of(data)).extracting(ProcessHandle::pid).doesNotContain(former);
            assertThat(query(servers.postgresUrl(), "SELECT 1")).isEqualTo("1");
        }
    }

    @Test
    void pidFileLeftByACrashIsSurvivedAlsoWhenItsNumberIsAnotherProgramsNow() throws Exception {
        EmbeddedServers.start(data).close();
        // Of the servers' user: PostgreSQL itself sees that a process it may not signal is none of its own.
        List<String> sleep = new ArrayList<>(List.of("sleep", "60"));
        if (uid(above) == 0) {
            sleep.addAll(0, List.of("setpriv", "--reuid=" + uid(data.resolve("postgres")), "--clear-groups"));
        }
        Process other = new ProcessBuilder(sleep).start();
        try {
            Process dead = new ProcessBuilder("true").start();
            dead.waitFor();
            for (long pid :
                    new long[] {dead.pid(), other.pid(), ProcessHandle.current().pid()}) {
                Files.writeString(
                        data.resolve("postgres/postmaster.pid"),
                        pid + "\n" + data.toRealPath() + "/postgres\n1\n5432\n\n127.0.0.1\n 1 1\nready   \n");
                Files.setAttribute(data.resolve("postgres/postmaster.pid"), "unix:uid", uid(data.resolve("postgres")));
                try (EmbeddedServers servers = EmbeddedServers.start(data)) {
                    assertThat(query(servers.postgresUrl(), "SELECT 1")).isEqualTo("1");
                }
            }
            assertThat(other.isAlive()).isTrue();
        } finally {
            other.destroyForcibly();
        }
    }

    @Test
    void serverThatDiesIsReportedWithItsLastWords() throws Exception {
        Logger logger = (Logger) LoggerFactory.getLogger(ServerProcess.class);
        ListAppender<ILoggingEvent> log = new ListAppender<>();
        log.start();
        logger.addAppender(log);
        try (EmbeddedServers servers = EmbeddedServers.start(data)) {
            assertThat(servers.postgresUrl()).isNotEmpty();
            ProcessHandle.of(FolderProcesses.postmaster(data)).orElseThrow().destroyForcibly();
            await().atMost(LIMIT)
                    .untilAsserted(() -> assertThat(log.list)
                            .anySatisfy(event -> assertThat(event.getFormattedMessage())
                                    .contains("event=embedded_server_died server=PostgreSQL exit=137")
                                    .contains("database system is ready to accept connections")));
        } finally {
            logger.detachAppender(log);
        }
        await().atMost(LIMIT).until(() -> FolderProcesses.of(data).isEmpty());
    }

    @Test
    void whatAStartThatWasCutOffLeftBehindIsRemoved() throws Exception {
        EmbeddedServers.start(data).close();
        Path cluster = Files.createDirectories(data.resolve(".unfinished-postgres-1/base"));
        Path programs = Files.createDirectories(data.resolve("bin/.unfinished-1/lib"));
        Files.createSymbolicLink(cluster.resolve("link"), data.resolve("secrets"));
        try (EmbeddedServers servers = EmbeddedServers.start(data)) {
            assertThat(query(servers.postgresUrl(), "SELECT 1")).isEqualTo("1");
        }
        assertThat(cluster.getParent()).doesNotExist();
        assertThat(programs.getParent()).doesNotExist();
        assertThat(data.resolve("secrets/postgres-password")).exists();
    }

    @Test
    void lostPasswordFilesAreMadeAgain() throws Exception {
        EmbeddedServers.start(data).close();
        DataFolder.delete(data.resolve("secrets"));
        try (EmbeddedServers servers = EmbeddedServers.start(data)) {
            assertThat(query(servers.postgresUrl(), "SELECT 1")).isEqualTo("1");
            assertThat(query(servers.superuserUrl(), "SELECT 1")).isEqualTo("1");
            assertThat(redis(servers, "PING")).isEqualTo("+PONG");
        }
    }

    @Test
    void serversOfRootAreNobodyAndHaveNoCapability() throws Exception {
        assumeThat(uid(above)).as("only where we are root").isZero();
        try (EmbeddedServers servers = EmbeddedServers.start(data)) {
            assertThat(servers.redisUrl()).isNotEmpty();
            int looked = 0;
            for (ProcessHandle process : FolderProcesses.of(data)) {
                String status;
                try {
                    status = FolderProcesses.status(process.pid());
                } catch (NoSuchFileException e) {
                    // The session in which the start has seen to the roles: it may end between the list and the look.
                    assertThat(process.isAlive()).isFalse();
                    continue;
                }
                assertThat(status).contains("Uid:\t65534\t65534\t65534\t65534").containsPattern("CapEff:\\s+0+\\n");
                looked++;
            }
            // PostgreSQL, some of its own processes, Redis.
            assertThat(looked).isGreaterThan(2);
        }
    }

    @Test
    void folderBelowAClosedOneIsReachedByRootWithoutOpeningIt() throws Exception {
        assumeThat(uid(above)).as("only where we are root").isZero();
        EmbeddedServers.start(data).close();
        Files.setPosixFilePermissions(above, PosixFilePermissions.fromString("rwx------"));
        try (EmbeddedServers servers = EmbeddedServers.start(data)) {
            assertThat(query(servers.postgresUrl(), "SELECT 1")).isEqualTo("1");
            assertThat(redis(servers, "PING")).isEqualTo("+PONG");
            assertThat(FolderProcesses.status(FolderProcesses.postmaster(data)))
                    .contains("Uid:\t65534\t65534\t65534\t65534")
                    .containsPattern("CapEff:\\s+0{15}[24]\\n");
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(above)))
                    .isEqualTo("rwx------");
        } finally {
            Files.setPosixFilePermissions(above, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
    }

    @Test
    void portThatSomebodyTookFirstIsReplacedByAnother() throws Exception {
        EmbeddedServers.start(data).close();
        DataFolder folder = DataFolder.open(data);
        Platform platform = Platform.current();
        Launcher launcher = Launchers.choose(platform, folder);
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByAddress(new byte[] {127, 0, 0, 1}))) {
            Deque<Integer> ports = new ArrayDeque<>();
            FreePort.Source source = () -> ports.isEmpty() ? FreePort.find() : ports.pop();
            ports.push(taken.getLocalPort());
            RedisServer redis = RedisServer.start(folder, platform, launcher, source);
            assertThat(redis(redis.url(), "PING")).isEqualTo("+PONG");
            redis.stop();
            ports.push(taken.getLocalPort());
            PostgresServer postgres = PostgresServer.start(folder, platform, launcher, source);
            assertThat(query(postgres.applicationUrl(), "SELECT 1")).isEqualTo("1");
            postgres.stop();
            Leftovers.settle(folder, LIMIT);
            assertThat(ports).isEmpty();
        }
    }

    @Test
    void failureToStartSaysWhatTheServerSaidAndFreesTheFolder() throws Exception {
        EmbeddedServers.start(data).close();
        Path version = data.resolve("postgres/PG_VERSION");
        String right = Files.readString(version);
        Files.writeString(version, "9\n");
        try {
            assertThatThrownBy(() -> EmbeddedServers.start(data))
                    .isInstanceOf(EmbeddedException.class)
                    .hasMessageContaining("PostgreSQL ended at once")
                    .hasMessageContaining("incompatible with server");
            assertThat(FolderProcesses.of(data)).isEmpty();
        } finally {
            Files.writeString(version, right);
        }
        EmbeddedServers.start(data).close();
    }

    private static Process child() throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        ChildGateway.class.getName(),
                        data.toString())
                .redirectErrorStream(true)
                .start();
    }

    private static void awaitReady(Process child) throws IOException {
        BufferedReader out = child.inputReader(StandardCharsets.UTF_8);
        StringBuilder said = new StringBuilder();
        for (String line = out.readLine(); line != null; line = out.readLine()) {
            if (line.startsWith(ChildGateway.READY)) {
                return;
            }
            said.append(line).append('\n');
        }
        throw new AssertionError("the child did not start: " + said);
    }

    private static int uid(Path path) throws IOException {
        return (int) Files.getAttribute(path, "unix:uid", LinkOption.NOFOLLOW_LINKS);
    }

    private static String password(String url) {
        return URI.create(url).getUserInfo().split(":", 2)[1];
    }

    private static void execute(String url, String sql) throws SQLException {
        try (Connection connection = TestServers.connect(url);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static String query(String url, String sql) throws SQLException {
        try (Connection connection = TestServers.connect(url);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            assertThat(rows.next()).isTrue();
            return rows.getString(1);
        }
    }

    private static String redis(EmbeddedServers servers, String command) throws IOException {
        return redis(servers.redisUrl(), command);
    }

    /** First line of the answer. */
    private static String redis(String url, String command) throws IOException {
        URI uri = URI.create(url);
        try (Socket socket = new Socket(uri.getHost(), uri.getPort())) {
            socket.getOutputStream()
                    .write(("AUTH " + password(url) + "\r\n" + command + "\r\n").getBytes(StandardCharsets.UTF_8));
            byte[] answer = new byte[256];
            StringBuilder lines = new StringBuilder();
            while (lines.toString().lines().count() < 2 || lines.charAt(lines.length() - 1) != '\n') {
                int count = socket.getInputStream().read(answer);
                assertThat(count).isPositive();
                lines.append(new String(answer, 0, count, StandardCharsets.UTF_8));
            }
            return lines.toString().lines().skip(1).findFirst().orElseThrow();
        }
    }
}
