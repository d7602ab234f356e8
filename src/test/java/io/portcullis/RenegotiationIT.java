package io.portcullis;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.testing.RawHttp;
import io.portcullis.testing.TestAuthority;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.Map;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Handshakes cost a server more than a client: nobody gets a second one on his connection (CVE-2011-1473). The jar, as it sets what the JDK reads. */
class RenegotiationIT {

    @Test
    void whoHasAConnectionGetsNoSecondHandshake(@TempDir Path folder) throws Exception {
        TestAuthority authority = new TestAuthority("the test's authority");
        TestAuthority.Pair server = authority.server();
        Map<String, String> tls = Map.of(
                "PORTCULLIS_SERVER_TLS_CERTIFICATE",
                server.certificateTo(folder.resolve("tls.crt")).toString(),
                "PORTCULLIS_SERVER_TLS_KEY",
                server.keyTo(folder.resolve("tls.key")).toString());
        try (JarProcess jar = JarProcess.start(folder, tls);
                SSLSocket socket = (SSLSocket) authority
                        .context(null)
                        .getSocketFactory()
                        .createSocket(InetAddress.getLoopbackAddress(), jar.dataPort());
                RawHttp connection = new RawHttp(socket)) {
            socket.setEnabledProtocols(new String[] {"TLSv1.2"});
            String request = "GET /auth HTTP/1.1\r\nHost: a\r\n\r\n";
            assertThat(connection.send(request).answer()).startsWith("HTTP/1.1 401");

            assertThat(answeredAfterAnotherHandshake(socket, connection, request))
                    .isFalse();
        }
    }

    private static boolean answeredAfterAnotherHandshake(SSLSocket socket, RawHttp connection, String request) {
        try {
            socket.startHandshake();
            return connection.send(request).answer().startsWith("HTTP/1.1");
        } catch (IOException refused) {
            return false;
        }
    }
}
