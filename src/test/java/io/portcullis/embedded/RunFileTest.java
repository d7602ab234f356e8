package io.portcullis.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(20)
class RunFileTest {
    @TempDir
    Path data;

    RunFile ours;

    @BeforeEach
    void describeThisProcess() {
        ours = RunFile.ofThisProcess(
                "http://127.0.0.1:8080",
                "http://127.0.0.1:9091",
                "postgresql://u:planted@127.0.0.1:5/d",
                "redis://:planted@127.0.0.1:6/0",
                data.resolve("secrets"));
    }

    @Test
    void runningGatewayIsFound() throws Exception {
        ours.write(data);
        assertThat(RunFile.read(data)).contains(ours);
    }

    @Test
    void onlyTheOwnerMayReadIt() throws Exception {
        ours.write(data);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(data.resolve("run.json"))))
                .isEqualTo("rw-------");
    }

    @Test
    void withoutAFileNoGatewayRuns() throws Exception {
        assertThat(RunFile.read(data)).isEmpty();
    }

    @Test
    void fileOfADeadProcessMeansNoGateway() throws Exception {
        Process process = new ProcessBuilder("true").start();
        process.waitFor();
        with(process.pid(), ours.stamp()).write(data);
        assertThat(RunFile.read(data)).isEmpty();
    }

    @Test
    void numberThatNowBelongsToAnotherProcessMeansNoGateway() throws Exception {
        with(ours.pid(), "another boot/1").write(data);
        assertThat(RunFile.read(data)).isEmpty();
    }

    @Test
    void fieldsOfALaterVersionAreNoHindrance() throws Exception {
        ours.write(data);
        Path file = data.resolve("run.json");
        Files.writeString(file, Files.readString(file).replaceFirst("\\{", "{\"new\":{\"a\":[1,{}]},\"n\":null,"));
        assertThat(RunFile.read(data)).contains(ours);
    }

    @Test
    void brokenOrForeignFileIsAnErrorThatNamesIt() throws Exception {
        Path file = data.resolve("run.json");
        for (String text : List.of("", "[]", "{\"format\":1}", "{\"format\":2}", "{\"format\":")) {
            Files.writeString(file, text);
            assertThatThrownBy(() -> RunFile.read(data)).as(text).isInstanceOf(IOException.class);
        }
    }

    @Test
    void cleanStopDeletesOnlyItsOwnFile() throws Exception {
        Process other = new ProcessBuilder("sleep", "60").start();
        try {
            with(other.pid(), ProcessStamp.of(other.pid()).orElseThrow()).write(data);
            RunFile.delete(data);
            assertThat(RunFile.read(data)).isPresent();
            ours.write(data);
            RunFile.delete(data);
            assertThat(data.resolve("run.json")).doesNotExist();
        } finally {
            other.destroyForcibly();
        }
    }

    @Test
    void passwordsDoNotShowInToString() {
        assertThat(ours.toString()).doesNotContain("planted");
    }

    private RunFile with(long pid, String stamp) {
        return new RunFile(
                pid, stamp, ours.dataPlane(), ours.management(), ours.postgres(), ours.redis(), ours.secrets());
    }
}
