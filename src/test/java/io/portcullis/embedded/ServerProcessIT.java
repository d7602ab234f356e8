package io.portcullis.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import io.portcullis.testing.Signals;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Both ways of launching, with a program that takes less time than a server. */
@Timeout(30)
class ServerProcessIT {
    private static final Duration LIMIT = Duration.ofSeconds(10);

    @TempDir
    Path folder;

    static Stream<Launcher> launchers() throws EmbeddedException {
        Launcher shell = new ShellLauncher();
        return SetprivLauncher.available()
                ? Stream.of(shell, SetprivLauncher.of(new Account(false, 0, 0, List.of()), true))
                : Stream.of(shell);
    }

    @ParameterizedTest
    @EnumSource
    void stopSendsTheSignalThatTheServerExpects(StopSignal signal) throws Exception {
        assumeThat(SetprivLauncher.available()).isTrue();
        assumeThat(signal == StopSignal.INT && Signals.isIgnored(Signals.INT))
                .as("started in a shell's background, which those inherit that are started here")
                .isFalse();
        Launcher launcher = SetprivLauncher.of(new Account(false, 0, 0, List.of()), true);
        ServerProcess server = start(
                launcher, signal, "trap 'echo got; exit 0' " + signal + "; echo up; while :; do sleep 0.02; done");
        awaitOutput("up");
        server.stop(LIMIT);
        assertThat(server.alive()).isFalse();
        assertThat(output()).contains("got");
    }

    @ParameterizedTest
    @MethodSource("launchers")
    void serverThatIgnoresTheSignalIsKilledWithAllItsChildren(Launcher launcher) throws Exception {
        ServerProcess server = start(
                launcher, StopSignal.TERM, "trap '' TERM INT; echo child; sh -c 'echo pid=$$; sleep 60; :'; sleep 60");
        awaitOutput("pid=");
        long child = Long.parseLong(output().lines()
                .filter(line -> line.startsWith("pid="))
                .findFirst()
                .orElseThrow()
                .substring(4));
        server.stop(Duration.ofMillis(200));
        assertThat(server.alive()).isFalse();
        await().atMost(LIMIT)
                .until(() ->
                        ProcessHandle.of(child).filter(ProcessHandle::isAlive).isEmpty());
    }

    @ParameterizedTest
    @MethodSource("launchers")
    void serverThatEndsByItselfIsNoticed(Launcher launcher) throws Exception {
        ServerProcess server = start(launcher, StopSignal.TERM, "exit 3");
        await().atMost(LIMIT).until(() -> !server.alive());
        server.stop(LIMIT);
    }

    @Test
    void missingProgramIsAnError() {
        assertThatThrownBy(() -> ServerProcess.start(
                        "Nothing",
                        new ShellLauncher(),
                        StopSignal.TERM,
                        List.of("/no/such/program"),
                        Path.of("/no/such/folder/log")))
                .isInstanceOf(EmbeddedException.class);
    }

    private ServerProcess start(Launcher launcher, StopSignal signal, String script) throws EmbeddedException {
        return ServerProcess.start("Test", launcher, signal, List.of("bash", "-c", script), folder.resolve("log"));
    }

    private void awaitOutput(String text) {
        await().atMost(LIMIT).until(() -> output().contains(text));
    }

    private String output() throws Exception {
        return Files.readString(folder.resolve("log"));
    }
}
