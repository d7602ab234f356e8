package io.portcullis;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.portcullis.config.ConfigSource;
import io.portcullis.config.GatewayConfig;
import io.portcullis.management.HealthCheck;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Look by look, on the test's own thread. */
class ConfigReloadTest {

    @TempDir
    Path folder;

    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    private final List<Duration> taken = new ArrayList<>();
    private Path file;
    private ConfigReload reload;

    @BeforeEach
    void start() throws Exception {
        file = folder.resolve("gateway.yaml");
        write(1);
        reload = reload();
    }

    @Test
    void aChangeCountsWhenTwoLooksFoundIt() throws Exception {
        write(3);
        reload.look();
        assertThat(taken).isEmpty();
        reload.look();
        assertThat(taken).containsExactly(Duration.ofSeconds(3));
        reload.look();
        reload.look();
        assertThat(taken).hasSize(1);
        assertThat(reloads("applied")).isEqualTo(1);
    }

    /** The first half of a file is a valid one, and would turn everything off that stands in the second. */
    @Test
    void aFileThatIsBeingWrittenIsNotTakenOverByHalves() throws Exception {
        Files.writeString(file, "");
        reload.look();
        Files.writeString(file, "server:\n  request-timeout: 5s\n");
        reload.look();
        assertThat(taken).isEmpty();
        reload.look();
        assertThat(taken).containsExactly(Duration.ofSeconds(5));
    }

    @Test
    void aFileWithAFaultKeepsTheLastGoodOneUntilItIsMended() throws Exception {
        write(3);
        looks();
        Files.writeString(file, "server:\n  request-timeot: 4s\n");
        looks();
        looks();

        assertThat(taken).containsExactly(Duration.ofSeconds(3));
        assertThat(reloads("refused")).isEqualTo(1);
        assertThat(successful()).isZero();
        assertThat(health().level()).isEqualTo(HealthCheck.Level.DEGRADED);
        assertThat(health().detail()).contains("gateway.yaml:2:3", "server.request-timeot", "server.request-timeout");
        assertThat(reload.status().getJsonArray("faults")).hasSize(1);
        assertThat(reload.status().getBoolean("in_order")).isFalse();

        write(3);
        looks();
        assertThat(health().level()).isEqualTo(HealthCheck.Level.UP);
        assertThat(successful()).isEqualTo(1);
        assertThat(reload.status().getJsonArray("faults")).isEmpty();
    }

    @Test
    void aFileThatIsGoneKeepsTheLastGoodOne() throws Exception {
        Files.delete(file);
        looks();
        looks();
        assertThat(taken).isEmpty();
        assertThat(reloads("refused")).isEqualTo(1);
        assertThat(health().level()).isEqualTo(HealthCheck.Level.DEGRADED);
        assertThat(health().detail()).contains("there is no such file");

        write(3);
        looks();
        assertThat(taken).containsExactly(Duration.ofSeconds(3));
        assertThat(health().level()).isEqualTo(HealthCheck.Level.UP);
    }

    @Test
    void aKeyThatNeedsARestartIsToldAndTheRestTakenOver() throws Exception {
        Files.writeString(file, "server:\n  request-timeout: 4s\n  port: 9999\n");
        looks();

        assertThat(taken).containsExactly(Duration.ofSeconds(4));
        assertThat(health().level()).isEqualTo(HealthCheck.Level.UP);
        assertThat(health().detail()).isEqualTo("restart needed: server.port");
        assertThat(reload.status().getJsonArray("restart_needed")).containsExactly("server.port");

        write(4);
        looks();
        assertThat(health().detail()).isEmpty();
    }

    /** As Kubernetes does with a ConfigMap: the file is a link through a folder that is a link, which is replaced by a rename. */
    @Test
    void aFileBehindALinkThatIsSwappedIsSeen() throws Exception {
        Path one = Files.createDirectory(folder.resolve("..1"));
        Path two = Files.createDirectory(folder.resolve("..2"));
        Files.writeString(one.resolve("conf.yaml"), "server: {request-timeout: 1s}");
        Files.writeString(two.resolve("conf.yaml"), "server: {request-timeout: 7s}");
        Files.createSymbolicLink(folder.resolve("..data"), Path.of("..1"));
        file = Files.createSymbolicLink(folder.resolve("conf.yaml"), Path.of("..data", "conf.yaml"));
        reload = reload();
        looks();

        Files.createSymbolicLink(folder.resolve("..tmp"), Path.of("..2"));
        Files.move(
                folder.resolve("..tmp"),
                folder.resolve("..data"),
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
        looks();

        assertThat(taken).containsExactly(Duration.ofSeconds(7));
    }

    @Test
    void aTakerThatFailsIsAFaultAndNotTheEnd() throws Exception {
        reload = new ConfigReload(
                watched(),
                config -> {
                    throw new IllegalStateException("no");
                },
                Clock.systemUTC(),
                new SimpleMeterRegistry());
        write(3);
        looks();
        assertThat(health().level()).isEqualTo(HealthCheck.Level.DEGRADED);
    }

    @Test
    void somebodyWhoSaysSoNeedNotWaitForASecondLook() throws Exception {
        write(3);
        reload.now();
        assertThat(taken).containsExactly(Duration.ofSeconds(3));
    }

    private ConfigReload reload() {
        return new ConfigReload(watched(), this::take, Clock.systemUTC(), metrics);
    }

    private ConfigWatch.Watched watched() {
        return ConfigWatch.Watched.load(new ConfigSource(file, Map.of()), false);
    }

    private void take(GatewayConfig config) {
        taken.add(config.server().requestTimeout());
    }

    private void looks() {
        reload.look();
        reload.look();
    }

    private void write(int seconds) throws Exception {
        Files.writeString(file, "server:\n  request-timeout: " + seconds + "s\n");
    }

    private HealthCheck.Result health() {
        return reload.healthCheck().probe().ask().result();
    }

    private double reloads(String result) {
        return metrics.get("config_reloads").tag("result", result).counter().count();
    }

    private double successful() {
        return metrics.get("config_last_reload_successful").gauge().value();
    }
}
