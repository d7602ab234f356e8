package io.portcullis;

import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.portcullis.config.TracingConfig;
import io.portcullis.database.PostgresLine;
import io.vertx.core.Vertx;
import io.vertx.core.VertxBuilder;
import io.vertx.core.VertxOptions;
import io.vertx.micrometer.Label;
import io.vertx.micrometer.MetricsDomain;
import io.vertx.micrometer.MicrometerMetricsFactory;
import io.vertx.micrometer.MicrometerMetricsOptions;
import java.time.Duration;
import java.util.EnumSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The process's meters, and a Vert.x that feeds them: virtual machine, processor and pools. Everything that runs for each request is
 * counted by the rooms themselves, in meters that were looked up once. Where a collector is configured, Vert.x gets a tracer as well.
 */
final class Telemetry implements AutoCloseable {

    private static final long LONGEST_CHECK_MILLIS = 1_000;

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final JvmGcMetrics gc = new JvmGcMetrics();
    private @Nullable Traces traces;

    Telemetry() {
        // Each Redis link keeps one connection, in a pool of the library's; it is counted by our own gauges.
        // The lines to PostgreSQL make one for each attempt to connect.
        registry.config()
                .meterFilter(MeterFilter.deny(id -> "redis".equals(id.getTag("pool_type"))
                        || PostgresLine.POOL_NAME.equals(id.getTag("pool_name"))));
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        gc.bindTo(registry);
    }

    PrometheusMeterRegistry registry() {
        return registry;
    }

    /**
     * A Vert.x that is measured.
     *
     * @param loopWarning an event loop that is held for longer is logged, with its stack
     * @param tracing off: a Vert.x without a tracer, to which tracing costs nothing
     */
    Vertx vertx(int eventLoops, Duration loopWarning, TracingConfig tracing) {
        MicrometerMetricsOptions options = new MicrometerMetricsOptions()
                .setEnabled(true)
                // Vert.x keeps registries by name: under one name a second gateway's pools would go to the first.
                .setRegistryName("portcullis-" + UUID.randomUUID())
                .setLabels(EnumSet.of(Label.POOL_NAME, Label.POOL_TYPE));
        EnumSet.complementOf(EnumSet.of(MetricsDomain.NAMED_POOLS)).forEach(options::addDisabledMetricsCategory);
        options.addDisabledMetricsCategory("sql");
        options.addDisabledMetricsCategory("redis");
        VertxBuilder builder = Vertx.builder()
                .with(new VertxOptions()
                        .setPreferNativeTransport(true)
                        .setEventLoopPoolSize(eventLoops)
                        .setMaxEventLoopExecuteTime(loopWarning.toNanos())
                        .setWarningExceptionTime(loopWarning.toNanos())
                        .setBlockedThreadCheckInterval(Math.min(LONGEST_CHECK_MILLIS, loopWarning.toMillis() / 2))
                        .setMetricsOptions(options))
                .withMetrics(new MicrometerMetricsFactory(registry));
        if (tracing.endpoint() != null) {
            traces = Traces.to(tracing.endpoint(), tracing, registry);
            builder.withTracer(traces.factory());
        }
        return builder.build();
    }

    @Override
    public void close() {
        if (traces != null) {
            traces.close();
        }
        gc.close();
        registry.close();
    }
}
