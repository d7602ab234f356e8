package io.portcullis.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portcullis.testing.TestServers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The portable launcher with the real servers, also where the other one would be chosen. */
@Timeout(60)
class ShellLauncherIT {
    @TempDir
    Path above;

    @Test
    void serversRunUntilTheirPipeClosesAndThenEndInGoodOrder() throws Exception {
        Files.setPosixFilePermissions(above, PosixFilePermissions.fromString("rwxr-xr-x"));
        DataFolder folder = DataFolder.open(above.resolve("data"));
        Launcher launcher = Account.root(folder) ? new AsNobody() : new ShellLauncher();
        RedisServer redis = RedisServer.start(folder, Platform.current(), launcher, FreePort::find);
        PostgresServer postgres = PostgresServer.start(folder, Platform.current(), launcher, FreePort::find);
        List<ProcessHandle> all = ProcessHandle.current().descendants().toList();
        assertThat(all).hasSizeGreaterThan(6);
        try (Connection connection = TestServers.connect(postgres.applicationUrl())) {
            assertThat(connection.isValid(5)).isTrue();
        }
        redis.stop();
        postgres.stop();
        // The two watches too. A process that only waits to be reaped by init has no program any more.
        await().atMost(Duration.ofSeconds(10))
                .until(() -> all.stream()
                        .noneMatch(process -> process.info().command().isPresent()));
        assertThat(folder.redis().resolve("dump.rdb")).exists();
        try (var logs = Files.list(folder.postgres().resolve("log"))) {
            assertThat(logs)
                    .singleElement()
                    .satisfies(log -> assertThat(Files.readString(log))
                            .contains("received fast shutdown request", "database system is shut down"));
        }
    }

    /** Root can run the test too: setpriv below the portable watch, only to give up root. */
    private static final class AsNobody implements Launcher {
        private final Launcher portable = new ShellLauncher();
        private final Account nobody = new Account(true, 65534, 65534, List.of());
        private final SetprivLauncher setpriv = SetprivLauncher.of(nobody, false);

        @Override
        public List<String> server(List<String> command, StopSignal signal) {
            List<String> line = new ArrayList<>(List.of("setpriv"));
            line.addAll(nobody.setprivOptions());
            line.addAll(command);
            return portable.server(line, signal);
        }

        @Override
        public List<String> shortRun(List<String> command) {
            return setpriv.shortRun(command);
        }

        @Override
        public void askToStop(Process server, StopSignal signal) throws IOException {
            portable.askToStop(server, signal);
        }

        @Override
        public void own(Path path) throws IOException {
            setpriv.own(path);
        }
    }
}
