package io.portcullis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portcullis.config.ConfigException;
import io.portcullis.config.ConfigLoader;
import io.portcullis.testing.TestAuthority;
import io.portcullis.testing.TestServers;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tokens and new keys travel on the management port: beyond this machine by TLS, or because somebody said so. */
@Timeout(60)
class ManagementTlsIT {

    @Test
    void thePortSpeaksTlsWhereItHasACertificate(@TempDir Path folder) throws Exception {
        TestAuthority authority = new TestAuthority("the management port's authority");
        TestAuthority.Pair server = authority.server();
        Map<String, String> settings = Map.of(
                "PORTCULLIS_MANAGEMENT_TLS_CERTIFICATE",
                server.certificateTo(folder.resolve("tls.crt")).toString(),
                "PORTCULLIS_MANAGEMENT_TLS_KEY",
                server.keyTo(folder.resolve("tls.key")).toString());
        try (TestGateway gateway = TestGateway.start(settings)) {
            HttpClient trusting =
                    HttpClient.newBuilder().sslContext(authority.context(null)).build();
            HttpRequest.Builder request =
                    HttpRequest.newBuilder().header("Authorization", "Bearer " + TestGateway.TOKEN);
            String address = "://localhost:" + gateway.managementPort() + "/admin/v1/clients";

            HttpResponse<String> secured = trusting.send(
                    request.uri(URI.create("https" + address)).build(), HttpResponse.BodyHandlers.ofString());

            assertThat(secured.statusCode()).isEqualTo(200);
            assertThatThrownBy(() -> trusting.send(
                            request.uri(URI.create("http" + address)).build(), HttpResponse.BodyHandlers.ofString()))
                    .isInstanceOf(IOException.class);
        }
    }

    @Test
    void plainHttpBeyondThisMachineHasToBeAskedFor() {
        Map<String, String> environment = new HashMap<>(TestGateway.environment(TestServers.freshDatabaseUrl()));
        environment.put("PORTCULLIS_MANAGEMENT_HOST", "0.0.0.0");

        assertThatThrownBy(() -> ConfigLoader.load(null, environment))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("management.host")
                .hasMessageContaining("management.insecure");
        environment.put("PORTCULLIS_MANAGEMENT_INSECURE", "true");
        assertThat(ConfigLoader.load(null, environment).config().management().insecure())
                .isTrue();
    }
}
