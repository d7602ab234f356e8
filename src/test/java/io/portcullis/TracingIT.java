package io.portcullis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.portcullis.TestGateway.TestClient;
import io.portcullis.auth.Pepper;
import io.portcullis.config.ConfigLoader;
import io.portcullis.testing.OtlpReceiver;
import io.portcullis.testing.OtlpReceiver.Span;
import io.portcullis.testing.RawHttp;
import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

/** Spans as a collector gets them. */
@Timeout(120)
class TracingIT {

    private static final Duration LIMIT = Duration.ofSeconds(15);
    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
    private static final String PARENT = "00f067aa0ba902b7";
    private static final String TRACEPARENT = "00-" + TRACE + "-" + PARENT + "-01";

    @Test
    void withoutACollectorThereIsNoTracer() throws Exception {
        assertThat(hasTracer(Map.of())).isFalse();
        assertThat(hasTracer(Map.of("PORTCULLIS_TRACING_ENDPOINT", "http://127.0.0.1:9/v1/traces")))
                .isTrue();
    }

    @Test
    void aMissIsOneTraceFromTheCallersToTheDatabase() throws Exception {
        try (OtlpReceiver collector = OtlpReceiver.start(0);
                TestGateway gateway = TestGateway.start(tracing(collector.endpoint(), "0"))) {
            TestClient client = gateway.client();

            assertThat(gateway.auth("X-API-Key", client.key(), "traceparent", TRACEPARENT)
                            .statusCode())
                    .isEqualTo(200);

            await().atMost(LIMIT)
                    .untilAsserted(() ->
                            assertThat(collector.spans()).extracting(Span::name).contains("GET", "Query", "Command"));
            List<Span> spans = collector.spans();
            assertThat(spans).extracting(Span::traceId).containsOnly(TRACE);
            assertThat(spans)
                    .anySatisfy(span -> assertThat(span.attributes()).containsEntry("db.system", "redis"))
                    .anySatisfy(span -> assertThat(span.attributes()).containsEntry("db.system", "postgresql"))
                    .anySatisfy(span -> assertThat(span.attributes())
                            .hasEntrySatisfying(
                                    "messaging.destination.name",
                                    to -> assertThat(to).startsWith("registry.find")))
                    .anySatisfy(span ->
                            assertThat(span.attributes()).containsEntry("messaging.destination.name", "store.find"));
            // Joined: every span's parent is one of them, but the caller's own.
            await().atMost(LIMIT).untilAsserted(() -> {
                Set<String> ids = collector.spans().stream().map(Span::spanId).collect(Collectors.toSet());
                assertThat(collector.spans())
                        .allMatch(span ->
                                ids.contains(span.parentId()) || span.parentId().equals(PARENT));
            });
            assertThat(collector.spans().stream().filter(span -> span.parentId().equals(PARENT)))
                    .singleElement()
                    .satisfies(span -> assertThat(span.name()).isEqualTo("GET"));
        }
    }

    /** In every place of a request that Vert.x or a propagator might put into a span. */
    @Test
    void nothingThatACallerWroteIsInASpan() throws Exception {
        try (OtlpReceiver collector = OtlpReceiver.start(0);
                TestGateway gateway = TestGateway.start(tracing(collector.endpoint(), "1"))) {
            TestClient client = gateway.client();
            String key = client.key();
            try (RawHttp connection = new RawHttp(gateway.port())) {
                String head = " HTTP/1.1\r\nHost: planted-host\r\nX-API-Key: " + key
                        + "\r\nUser-Agent: planted-agent\r\ntracestate: planted=" + key.replace('_', '-')
                        + "\r\nbaggage: planted=" + key + "\r\n";
                for (String start : List.of(
                        "GET /auth", "GET /auth?api_key=" + key, "GET /planted/" + key, "PLANTED-METHOD /auth")) {
                    connection.send(start + head + "\r\n").answer();
                    connection
                            .send(start + head + "traceparent: " + TRACEPARENT + "\r\n\r\n")
                            .answer();
                }
            }
            gateway.sql("UPDATE client_registry.clients SET metadata = '{}' WHERE client_id = '" + client.id() + "'");
            gateway.auth("Authorization", "Basic cGxhbnRlZC1pZDpwbGFudGVkLXNlY3JldA==");

            await().atMost(LIMIT)
                    .until(() -> collector.spans().stream()
                                    .filter(span -> span.attributes().containsKey("http.request.method"))
                                    .count()
                            >= 9);
            String raw = collector.raw();
            byte[] digest = new Pepper(TestGateway.PEPPER).digest(key).bytes();
            assertThat(raw)
                    .contains("_OTHER", "db.system")
                    .doesNotContain("pk_", "pk-", key.substring(8), "planted", "PLANTED", "api_key", client.id())
                    .doesNotContain(TestGateway.PEPPER, TestGateway.TOKEN)
                    .doesNotContain(new String(digest, StandardCharsets.ISO_8859_1))
                    .doesNotContain(new Pepper(TestGateway.PEPPER).digest(key).hex());
        }
    }

    @Test
    void nobodyWhoIsNotSampledLeavesASpan() throws Exception {
        try (OtlpReceiver collector = OtlpReceiver.start(0)) {
            try (TestGateway gateway = TestGateway.start(tracing(collector.endpoint(), "0"))) {
                assertThat(gateway.withKey(gateway.client().key()).statusCode()).isEqualTo(200);
                gateway.management("/metrics", "traceparent", TRACEPARENT);
            }
            // What waits is sent when the gateway ends.
            assertThat(collector.spans()).isEmpty();
        }
    }

    @Test
    void aCollectorThatIsAwayIsOneLineAndNoRequestsAffair() throws Exception {
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        List<LogRecord> elsewhere = new CopyOnWriteArrayList<>();
        Handler others = new Handler() {
            @Override
            public void publish(LogRecord record) {
                elsewhere.add(record);
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        Logger logger = (Logger) LoggerFactory.getLogger(SpanExport.class);
        ListAppender<ILoggingEvent> lines = new ListAppender<>();
        lines.start();
        logger.addAppender(lines);
        java.util.logging.Logger root = java.util.logging.Logger.getLogger("");
        root.addHandler(others);
        try (TestGateway gateway = TestGateway.start(tracing("http://127.0.0.1:" + port + "/v1/traces", "1"))) {
            String key = gateway.client().key();
            // Several portions, a second each.
            for (int portion = 0; portion < 3; portion++) {
                double lost = gateway.metric("tracing_spans_total{result=\"lost\"}");
                assertThat(gateway.withKey(key).statusCode()).isEqualTo(200);
                await().atMost(LIMIT).until(() -> gateway.metric("tracing_spans_total{result=\"lost\"}") > lost);
            }
            assertThat(lines.list)
                    .singleElement()
                    .satisfies(line ->
                            assertThat(line.getFormattedMessage()).startsWith("event=tracing.collector_silent"));
            try (OtlpReceiver collector = OtlpReceiver.start(port)) {
                await().atMost(LIMIT).until(() -> {
                    gateway.withKey(key);
                    return gateway.metric("tracing_spans_total{result=\"sent\"}") > 0;
                });
                assertThat(collector.spans()).isNotEmpty();
            }
            assertThat(lines.list.get(1).getFormattedMessage()).isEqualTo("event=tracing.collector_answers");
            assertThat(elsewhere)
                    .noneMatch(line -> String.valueOf(line.getLoggerName()).startsWith("io.opentelemetry"));
        } finally {
            logger.detachAppender(lines);
            root.removeHandler(others);
        }
    }

    private static Map<String, String> tracing(String endpoint, String ratio) {
        return Map.of("PORTCULLIS_TRACING_ENDPOINT", endpoint, "PORTCULLIS_TRACING_SAMPLE_RATIO", ratio);
    }

    private static boolean hasTracer(Map<String, String> environment) throws Exception {
        try (Telemetry telemetry = new Telemetry()) {
            Vertx vertx = telemetry.vertx(
                    1,
                    Duration.ofSeconds(2),
                    ConfigLoader.load(null, environment).config().tracing());
            try {
                return ((VertxInternal) vertx).tracer() != null;
            } finally {
                vertx.close().await(10, TimeUnit.SECONDS);
            }
        }
    }
}
