package io.portcullis;

import io.portcullis.testing.RawHttp2;
import io.portcullis.testing.TestAuthority;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/** A gateway whose data plane speaks TLS, with a certificate made for it. */
final class TlsGateway implements AutoCloseable {

    private final TestAuthority authority;
    private final SSLContext trusting;
    private final TestGateway gateway;
    private final Map<String, String> environment;

    private TlsGateway(TestAuthority authority, TestGateway gateway, Map<String, String> settings) throws Exception {
        this.environment = TestGateway.environment(gateway.database());
        environment.putAll(settings);
        this.authority = authority;
        this.trusting = authority.context(null);
        this.gateway = gateway;
    }

    /** @param settings environment variables beyond those for TLS */
    static TlsGateway start(Path folder, Map<String, String> settings) throws Exception {
        TestAuthority authority = new TestAuthority("the server's authority");
        Map<String, String> environment = new HashMap<>();
        TestAuthority.Pair server = authority.server();
        environment.put(
                "PORTCULLIS_SERVER_TLS_CERTIFICATE",
                server.certificateTo(folder.resolve("tls.crt")).toString());
        environment.put(
                "PORTCULLIS_SERVER_TLS_KEY",
                server.keyTo(folder.resolve("tls.key")).toString());
        environment.putAll(settings);
        return new TlsGateway(authority, TestGateway.start(environment), environment);
    }

    TestGateway gateway() {
        return gateway;
    }

    TestAuthority authority() {
        return authority;
    }

    /** What a command needs to know to work on the same registry. */
    Map<String, String> environment() {
        return environment;
    }

    int port() {
        return gateway.port();
    }

    /** What trusts its certificate. */
    SSLContext trusting() {
        return trusting;
    }

    SSLSocket connect(String... protocols) throws IOException {
        return TestAuthority.connect(trusting, port(), protocols);
    }

    RawHttp2 http2() throws IOException {
        return new RawHttp2(connect("h2"));
    }

    @Override
    public void close() {
        gateway.close();
    }
}
