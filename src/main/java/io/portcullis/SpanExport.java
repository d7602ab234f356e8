package io.portcullis;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends spans on, each without what a caller wrote into it ({@link PublicSpan}). A collector that is away costs one line of log when that
 * begins and one when it ends; the spans are dropped and counted. Thread-safe.
 */
final class SpanExport implements SpanExporter {

    private static final Logger log = LoggerFactory.getLogger(SpanExport.class);

    private final SpanExporter next;
    private final Counter sent;
    private final Counter lost;
    private final AtomicBoolean failing = new AtomicBoolean();

    SpanExport(SpanExporter next, MeterRegistry metrics) {
        this.next = next;
        this.sent = counter(metrics, "sent");
        this.lost = counter(metrics, "lost");
    }

    @Override
    public CompletableResultCode export(Collection<SpanData> spans) {
        List<SpanData> clean = spans.stream().<SpanData>map(PublicSpan::new).toList();
        CompletableResultCode result = next.export(clean);
        return result.whenComplete(() -> {
            (result.isSuccess() ? sent : lost).increment(clean.size());
            if (result.isSuccess()) {
                if (failing.compareAndSet(true, false)) {
                    log.info("event=tracing.collector_answers");
                }
            } else if (failing.compareAndSet(false, true)) {
                Throwable why = result.getFailureThrowable();
                log.warn("event=tracing.collector_silent reason=\"{}\"", why == null ? "no answer" : why.toString());
            }
        });
    }

    @Override
    public CompletableResultCode flush() {
        return next.flush();
    }

    @Override
    public CompletableResultCode shutdown() {
        return next.shutdown();
    }

    private static Counter counter(MeterRegistry metrics, String result) {
        return Counter.builder("tracing_spans")
                .description("Spans for the collector, by what became of them")
                .tag("result", result)
                .register(metrics);
    }
}
