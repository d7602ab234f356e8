package io.portcullis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portcullis.config.TracingConfig;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** An event loop that is held is told by the gateway's own Vert.x, with what held it; and the watch of other tests hears it. */
class LoopWatchTest {

    private static final TracingConfig UNTRACED = new TracingConfig(null, 0, "test");

    @Test
    void aLoopThatIsHeldIsTold() throws Exception {
        try (Telemetry telemetry = new Telemetry();
                LoopWatch watch = new LoopWatch()) {
            Vertx vertx = telemetry.vertx(1, Duration.ofMillis(50), UNTRACED);
            long start = System.nanoTime();
            try {
                // On a machine that is busy one may be taken for the machine's fault, not all.
                await().atMost(Duration.ofSeconds(20)).until(() -> {
                    vertx.runOnContext(now -> LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(300)));
                    return watch.heldSince(start).stream().anyMatch(text -> text.contains("LockSupport.parkNanos"));
                });
            } finally {
                vertx.close().await(10, TimeUnit.SECONDS);
            }
        }
    }

    @Test
    void aLoopThatIsNotHeldIsNot() throws Exception {
        try (Telemetry telemetry = new Telemetry();
                LoopWatch watch = new LoopWatch()) {
            Vertx vertx = telemetry.vertx(1, Duration.ofSeconds(2), UNTRACED);
            long start = System.nanoTime();
            try {
                vertx.runOnContext(now -> LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(200)));
                vertx.timer(1, TimeUnit.MILLISECONDS).await(10, TimeUnit.SECONDS);
                assertThat(watch.toldSince(start)).isZero();
            } finally {
                vertx.close().await(10, TimeUnit.SECONDS);
            }
        }
    }
}
