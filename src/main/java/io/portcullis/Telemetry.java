package io.portcullis;

import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.micrometer.Label;
import io.vertx.micrometer.MetricsDomain;
import io.vertx.micrometer.MicrometerMetricsFactory;
import io.vertx.micrometer.MicrometerMetricsOptions;
import java.time.Duration;
import java.util.EnumSet;

/**
 * The process's meters, and a Vert.x that feeds them: virtual machine, processor and pools. Everything that runs for each request is
 * counted by the rooms themselves, in meters that were looked up once.
 */
final class Telemetry implements AutoCloseable {

    private static final long LONGEST_CHECK_MILLIS = 1_000;

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final JvmGcMetrics gc = new JvmGcMetrics();

    Telemetry() {
        // Each Redis link keeps one connection, in a pool of the library's; it is counted by our own gauges.
        registry.config().meterFilter(MeterFilter.deny(id -> "redis".equals(id.getTag("pool_type"))));
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        gc.bindTo(registry);
    }

    PrometheusMeterRegistry registry() {
        return registry;
    }

    /** @param loopWarning an event loop that is held for longer is logged, with its stack */
    Vertx vertx(int eventLoops, Duration loopWarning) {
        MicrometerMetricsOptions options =
                new MicrometerMetricsOptions().setEnabled(true).setLabels(EnumSet.of(Label.POOL_NAME, Label.POOL_TYPE));
        EnumSet.complementOf(EnumSet.of(MetricsDomain.NAMED_POOLS)).forEach(options::addDisabledMetricsCategory);
        options.addDisabledMetricsCategory("sql");
        options.addDisabledMetricsCategory("redis");
        return Vertx.builder()
                .with(new VertxOptions()
                        .setPreferNativeTransport(true)
                        .setEventLoopPoolSize(eventLoops)
                        .setMaxEventLoopExecuteTime(loopWarning.toNanos())
                        .setWarningExceptionTime(loopWarning.toNanos())
                        .setBlockedThreadCheckInterval(Math.min(LONGEST_CHECK_MILLIS, loopWarning.toMillis() / 2))
                        .setMetricsOptions(options))
                .withMetrics(new MicrometerMetricsFactory(registry))
                .build();
    }

    @Override
    public void close() {
        gc.close();
        registry.close();
    }
}
