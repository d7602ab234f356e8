package io.portcullis;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.portcullis.config.ConfigLoader;
import io.portcullis.config.GatewayConfig;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class SlowOperationsTest {

    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();
    private final Logger logger = (Logger) LoggerFactory.getLogger(SlowOperations.class);
    private long now = 1;

    private final SlowOperations slow = new SlowOperations(metrics, () -> now, limits("100ms", "50ms"));

    @BeforeEach
    void listen() {
        log.start();
        logger.addAppender(log);
    }

    @AfterEach
    void leave() {
        logger.detachAppender(log);
    }

    @Test
    void aQueryThatTakesLongIsCountedAndLoggedByWhatItWasFor() {
        query("registry.find_by_digest", 250);

        assertThat(count("postgres", "registry.find_by_digest")).isEqualTo(1);
        assertThat(log.list)
                .singleElement()
                .satisfies(line -> assertThat(line.getFormattedMessage())
                        .isEqualTo("event=slow_operation tier=postgres operation=registry.find_by_digest millis=250"
                                + " limit_millis=100 failed=false left_out_before=0"));
    }

    @Test
    void whatIsWithinItsLimitIsNot() {
        query("registry.find_by_digest", 100);
        slow.command("get", Duration.ofMillis(50).toNanos(), false);

        assertThat(log.list).isEmpty();
        assertThat(metrics.getMeters()).isEmpty();
    }

    @Test
    void aQueryThatFailsLateIsSlowAndItsFailureIsNotQuoted() {
        Promise<String> query = Promise.promise();
        slow.watch("registry.find_by_digest", query::future);
        now += Duration.ofMillis(101).toNanos();
        query.fail("invalid input syntax for type uuid: \"a secret\"");

        assertThat(log.list)
                .singleElement()
                .satisfies(line -> assertThat(line.getFormattedMessage())
                        .contains("failed=true")
                        .doesNotContain("secret"));
    }

    @Test
    void aFloodIsAFewLinesAndCountedInFull() {
        for (int i = 0; i < 1000; i++) {
            slow.command("get", Duration.ofMillis(60).toNanos(), false);
        }
        assertThat(count("redis", "get")).isEqualTo(1000);
        assertThat(log.list).hasSize(SlowOperations.MOST_LINES);

        now += SlowOperations.WINDOW.toNanos();
        slow.command("get", Duration.ofMillis(60).toNanos(), true);
        assertThat(log.list).hasSize(SlowOperations.MOST_LINES + 1);
        assertThat(log.list.get(SlowOperations.MOST_LINES).getFormattedMessage())
                .contains("left_out_before=" + (1000 - SlowOperations.MOST_LINES));
    }

    @Test
    void zeroIsOff() {
        slow.use(limits("0", "0"));
        query("registry.find_by_digest", 60_000);
        slow.command("get", Duration.ofMinutes(1).toNanos(), false);

        assertThat(log.list).isEmpty();
        assertThat(metrics.getMeters()).isEmpty();
    }

    private void query(String operation, long millis) {
        Promise<String> query = Promise.promise();
        Future<String> watched = slow.watch(operation, query::future);
        now += Duration.ofMillis(millis).toNanos();
        query.complete("a value");
        assertThat(watched.result()).isEqualTo("a value");
    }

    private double count(String tier, String operation) {
        return metrics.get("slow_operations")
                .tag("tier", tier)
                .tag("operation", operation)
                .counter()
                .count();
    }

    private static GatewayConfig limits(String query, String command) {
        return ConfigLoader.load(
                        null, Map.of("PORTCULLIS_POSTGRES_SLOW_QUERY", query, "PORTCULLIS_REDIS_SLOW_COMMAND", command))
                .config();
    }
}
