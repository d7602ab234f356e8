package io.portcullis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.portcullis.testing.TcpProxy;
import io.portcullis.testing.TestServers;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** The gauges of the pools, as an operator's Prometheus reads them. */
class PoolMetricsIT {

    private static final Duration LIMIT = Duration.ofSeconds(15);

    private final Logger micrometer = (Logger) LoggerFactory.getLogger("io.micrometer");
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();

    @BeforeEach
    void listen() {
        log.start();
        micrometer.addAppender(log);
    }

    @AfterEach
    void leave() {
        micrometer.detachAppender(log);
    }

    /** One after the other and beside each other: each process has its own. */
    @Test
    void bothPoolsOfEachGatewayAreThere() throws Exception {
        try (TestGateway one = TestGateway.start(Map.of());
                TestGateway other = TestGateway.start(Map.of())) {
            for (TestGateway gateway : new TestGateway[] {one, other}) {
                assertThat(gateway.management("/metrics").body())
                        .contains("vertx_pool_in_use{pool_name=\"postgres-lookups\",pool_type=\"sql\"}")
                        .contains("vertx_pool_queue_pending{pool_name=\"postgres-transactions\",pool_type=\"sql\"}")
                        .contains("vertx_pool_ratio{pool_name=\"postgres-transactions\",pool_type=\"sql\"}");
            }
        }
        assertThat(log.list).isEmpty();
    }

    @Test
    void attemptsToConnectRegisterNothingTwice() throws Exception {
        String database = TestServers.freshDatabaseUrl();
        URI server = URI.create(database);
        try (TcpProxy way = TcpProxy.to(server.getHost(), server.getPort());
                TestGateway gateway = TestGateway.startBehind(way.port(), database, Map.of())) {
            way.cut();
            await().atMost(LIMIT)
                    .until(() -> gateway.management("/health/ready").body().contains("degraded"));
            way.heal();
            await().atMost(LIMIT).until(() -> gateway.metric("registry_lease{state=\"held\"}") == 1);

            assertThat(log.list).isEmpty();
            assertThat(gateway.management("/metrics").body()).doesNotContain("postgres-line", "postgres-changes");
        }
    }
}
