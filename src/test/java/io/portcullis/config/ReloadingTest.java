package io.portcullis.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is taken over from a file that changed. */
class ReloadingTest {

    private static final Path FILE = Path.of("gateway.yaml");

    @Test
    void whatCanBeTakenOverIsAndTheRestWaits() {
        LoadedConfig before = load("server: {port: 8080}");

        ConfigChange change = Reloading.between(
                before, load("server: {port: 9090, request-timeout: 1s}\nauth: {trusted-proxies: [10.0.0.1]}"));

        assertThat(change.taken()).containsExactly("server.request-timeout", "auth.trusted-proxies");
        assertThat(change.waiting()).containsExactly("server.port");
        GatewayConfig now = change.inEffect().config();
        assertThat(now.server().requestTimeout()).isEqualTo(Duration.ofSeconds(1));
        assertThat(now.server().port()).isEqualTo(8080);
        assertThat(now.auth().trustedProxies()).containsExactly("10.0.0.1");
    }

    @Test
    void aKeyThatIsPutBackNoLongerWaits() {
        LoadedConfig before = load("server: {port: 8080}");
        LoadedConfig between =
                Reloading.between(before, load("server: {port: 9090}")).inEffect();

        ConfigChange back = Reloading.between(between, load("server: {port: 8080}"));

        assertThat(back.taken()).isEmpty();
        assertThat(back.waiting()).isEmpty();
    }

    @Test
    void aKeyThatIsLeftOutGoesBackToItsDefault() {
        LoadedConfig before = load("server: {request-timeout: 1s}");

        assertThat(Reloading.between(before, load("{}"))
                        .inEffect()
                        .config()
                        .server()
                        .requestTimeout())
                .isEqualTo(Duration.ofSeconds(2));
    }

    @Test
    void aSecretThatChangedIsNamedAndNotShown() {
        ConfigChange change = Reloading.between(
                load("management: {token: the-first-token-of-them}"),
                load("management: {token: another-token-of-them}"));

        assertThat(change.waiting()).containsExactly("management.token");
        assertThat(change.toString()).doesNotContain("token-of-them");
    }

    /** Each is right by itself: the timeout that is taken over must not be longer than the idle time that is still in effect. */
    @Test
    void nothingIsTakenOverThatDoesNotGoWithWhatStays() {
        LoadedConfig before = load("server: {request-timeout: 1s, idle-timeout: 10s}");

        assertThatThrownBy(() -> Reloading.between(
                        before,
                        load("server: {request-timeout: 20s, idle-timeout: 1m}\nauth: {trusted-proxies: [10.0.0.1]}")))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("server.idle-timeout = 10s: must not be shorter than server.request-timeout")
                .hasMessageContaining("gateway.yaml:1");
    }

    @Test
    void theSameContentHasTheSameIdWhateverTheFile(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("one.yaml");
        ConfigSource source = new ConfigSource(file, Map.of());
        String missing = source.read().id();
        Files.writeString(file, "server: {port: 1}");
        String one = source.read().id();
        Files.writeString(folder.resolve("next"), "server: {port: 2}");
        Files.move(folder.resolve("next"), file, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        String two = source.read().id();
        Files.writeString(file, "server: {port: 1}");

        assertThat(source.read().id()).isEqualTo(one).isNotEqualTo(two).isNotEqualTo(missing);
    }

    private static LoadedConfig load(String yaml) {
        return ConfigLoader.load(FILE, yaml.getBytes(StandardCharsets.UTF_8), Map.of());
    }
}
