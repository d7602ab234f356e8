package io.portcullis.usage;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.portcullis.cache.WriteBehind;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The flushes of one write-behind, and what is told of them: what is held, what was dropped, how they ended, and a line of log where that changes.
 * Belongs to one event loop.
 */
final class Flushes {

    private static final Logger log = LoggerFactory.getLogger(Flushes.class);

    private final String what;
    private final WriteBehind<?, ?> behind;
    private final Counter written;
    private final Counter failed;
    private boolean underWay;
    private boolean waits;

    /**
     * Has begun none.
     *
     * @param what is written, for a label
     * @param counted what {@code dropped} is asked of
     */
    <T> Flushes(MeterRegistry meters, String what, WriteBehind<?, ?> behind, T counted, ToDoubleFunction<T> dropped) {
        this.what = what;
        this.behind = behind;
        Gauge.builder("write_behind_keys", behind, WriteBehind::size)
                .description("Different keys that are held to be written")
                .tag("what", what)
                .register(meters);
        FunctionCounter.builder("write_behind_dropped", counted, dropped)
                .description("What was not held, since it was more than may be, and is lost")
                .tag("what", what)
                .register(meters);
        written = flushes(meters, "written");
        failed = flushes(meters, "failed");
    }

    /** Begins one, if none is under way. */
    void flush() {
        if (underWay || behind.size() == 0) {
            return;
        }
        underWay = true;
        behind.flush().onComplete(done -> {
            underWay = false;
            if (done.succeeded()) {
                flushed();
            } else {
                failed(done.cause());
            }
        });
    }

    /** The last one. Where it fails, also when it is tried once more (on a connection that is new), what is left is lost, and the log says so. */
    Future<Void> last(Duration limit) {
        // One that is under way may have begun before the last was put.
        return behind.flush()
                .transform(done -> behind.flush())
                .timeout(limit.toMillis(), TimeUnit.MILLISECONDS)
                .onFailure(failure -> log.warn(
                        "event=usage.lost what={} keys={} reason=\"{}\"", what, behind.size(), failure.getMessage()));
    }

    private void flushed() {
        written.increment();
        if (waits) {
            waits = false;
            log.info("event=usage.written_again what={}", what);
        }
    }

    private void failed(Throwable failure) {
        failed.increment();
        if (!waits) {
            waits = true;
            log.warn("event=usage.waits what={} reason=\"{}\"", what, failure.getMessage());
        }
    }

    private Counter flushes(MeterRegistry meters, String result) {
        return Counter.builder("write_behind_flushes")
                .description("Flushes that had something to write, by how they ended")
                .tag("what", what)
                .tag("result", result)
                .register(meters);
    }
}
