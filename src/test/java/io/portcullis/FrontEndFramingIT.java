package io.portcullis;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.TestGateway.TestClient;
import io.portcullis.testing.ProxyProcess;
import io.portcullis.testing.RawHttp;
import io.portcullis.testing.RecordingUpstream;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A caller who tries to get a request of his own between others' on the connections that a proxy keeps to the gateway: whatever he sends,
 * everybody else gets his own answer. Also through an nginx that passes every header on, where the gateway alone stands against it.
 */
class FrontEndFramingIT {

    private static final int ROUNDS = 8;

    @ParameterizedTest
    @EnumSource
    void nobodyGetsAnothersAnswer(RealProxy kind) throws Exception {
        FrontEnd frontEnd = kind.frontEnd();
        try (TestGateway gateway = TestGateway.start(Map.of("PORTCULLIS_AUTH_TRUSTED_PROXIES", "127.0.0.1"));
                RecordingUpstream upstream = new RecordingUpstream();
                ProxyProcess proxy = frontEnd.start(gateway.port(), upstream.port())) {
            TestClient hostile = gateway.client();
            TestClient one = gateway.client();
            TestClient other = gateway.client();
            try (RawHttp first = new RawHttp(proxy.port());
                    RawHttp second = new RawHttp(proxy.port())) {
                for (int round = 0; round < ROUNDS; round++) {
                    for (String attack : attacks(hostile.key())) {
                        send(proxy, attack);
                        allowed(first, one, "/one/" + round);
                        refused(second);
                        allowed(second, other, "/other/" + round);
                    }
                }
            }
            assertThat(upstream.take())
                    .as("nothing that was hidden in a request became one")
                    .noneMatch(received -> received.uri().startsWith("/hidden"));
        }
    }

    /** Each ends with, or has in it, what a mistaken reader takes for a request by the hostile caller. */
    private static List<String> attacks(String key) {
        String hidden = "GET /hidden HTTP/1.1\r\nHost: a\r\nX-API-Key: " + key + "\r\n\r\n";
        String head = "GET /attack HTTP/1.1\r\nHost: a\r\nX-API-Key: " + key + "\r\n";
        String post = "POST /attack HTTP/1.1\r\nHost: a\r\nX-API-Key: " + key + "\r\n";
        String chunk = Integer.toHexString(hidden.length()) + "\r\n" + hidden + "\r\n0\r\n\r\n";
        return List.of(
                // CVE-2026-102479: a reader who skips a byte of the name waits for a body, and eats the next request.
                head + "Content-Xength: 120\r\n\r\n",
                head + "Cxntent-Length: 120\r\n\r\n",
                head + "Transfer-Xncoding: chunked\r\n\r\n",
                // RFC 9112 §6.1: both lengths.
                post + "Content-Length: " + chunk.length() + "\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk,
                post + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n" + chunk,
                // RFC 9112 §6.1: codings that a lenient reader takes for chunked.
                post + "Transfer-Encoding: xchunked\r\n\r\n" + chunk,
                post + "Transfer-Encoding : chunked\r\n\r\n" + chunk,
                // A body that looks like a request is a body.
                post + "Content-Length: " + hidden.length() + "\r\n\r\n" + hidden,
                // RFC 9112 §6.3: lengths that differ.
                post + "Content-Length: 0\r\nContent-Length: " + hidden.length() + "\r\n\r\n" + hidden);
    }

    /** Some proxies refuse it and close, some forward it as what it is: both will do. */
    private static void send(ProxyProcess proxy, String attack) throws IOException {
        try (RawHttp caller = new RawHttp(proxy.port())) {
            String answer = caller.send(attack).answer();
            if (attack.startsWith("GET ")) {
                // No length and no coding: a header that means nothing.
                assertThat(answer).as(attack).startsWith("HTTP/1.1 200");
            }
        }
    }

    private static void allowed(RawHttp connection, TestClient client, String path) throws IOException {
        String answer = connection
                .send(FrontEndContract.request(path, "X-API-Key: " + client.key()))
                .answer();

        assertThat(answer).startsWith("HTTP/1.1 200").endsWith("caller=" + client.id() + " path=" + path);
    }

    private static void refused(RawHttp connection) throws IOException {
        assertThat(connection
                        .send(FrontEndContract.request("/", "X-API-Key: wrong"))
                        .answer())
                .startsWith("HTTP/1.1 401");
    }
}
