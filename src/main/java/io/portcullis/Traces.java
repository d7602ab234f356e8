package io.portcullis;

import io.micrometer.core.instrument.MeterRegistry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import io.portcullis.config.TracingConfig;
import io.vertx.core.spi.VertxTracerFactory;
import io.vertx.tracing.opentelemetry.OpenTelemetryTracingFactory;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Spans on their way from Vert.x to a collector. Vert.x makes them: of a request, of each bus hop of a miss, and of what it asks of Redis and
 * PostgreSQL. They wait in a queue of {@value #QUEUE} at most and are sent by a thread of the SDK's; what does not fit is dropped.
 */
final class Traces implements AutoCloseable {

    private static final int QUEUE = 2048;
    private static final Duration SEND_EVERY = Duration.ofSeconds(1);
    private static final Duration SEND_LIMIT = Duration.ofSeconds(3);

    /** Told by {@link SpanExport} once an episode instead. Held here: a level set on a logger that nobody holds is forgotten with it. */
    private static final Logger SDK_LOG = Logger.getLogger("io.opentelemetry");

    private final OpenTelemetrySdk sdk;

    private Traces(OpenTelemetrySdk sdk) {
        this.sdk = sdk;
    }

    /** @param endpoint of the collector */
    static Traces to(String endpoint, TracingConfig config, MeterRegistry metrics) {
        SpanExporter http = OtlpHttpSpanExporter.builder()
                .setEndpoint(endpoint)
                .setTimeout(SEND_LIMIT)
                .setConnectTimeout(SEND_LIMIT)
                // What cannot be sent is not worth waiting for: the next portion is the retry.
                .setRetryPolicy(null)
                .build();
        return through(http, config, metrics);
    }

    static Traces through(SpanExporter exporter, TracingConfig config, MeterRegistry metrics) {
        SDK_LOG.setLevel(Level.OFF);
        SdkTracerProvider provider = SdkTracerProvider.builder()
                .setResource(
                        Resource.create(Attributes.of(AttributeKey.stringKey("service.name"), config.serviceName())))
                .setSampler(Sampler.parentBased(Sampler.traceIdRatioBased(config.sampleRatio())))
                .addSpanProcessor(BatchSpanProcessor.builder(new SpanExport(exporter, metrics))
                        .setMaxQueueSize(QUEUE)
                        .setScheduleDelay(SEND_EVERY)
                        .setExporterTimeout(SEND_LIMIT)
                        .build())
                .build();
        return new Traces(OpenTelemetrySdk.builder()
                .setTracerProvider(provider)
                // Only the trace's ids: baggage is whatever a caller wrote.
                .setPropagators(ContextPropagators.create(W3CTraceContextPropagator.getInstance()))
                .build());
    }

    VertxTracerFactory factory() {
        return new OpenTelemetryTracingFactory(sdk);
    }

    /** Sends what waits, for a moment. */
    @Override
    public void close() {
        sdk.getSdkTracerProvider().shutdown().join(SEND_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    }
}
