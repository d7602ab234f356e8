package io.portcullis;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.portcullis.config.ConfigChange;
import io.portcullis.config.ConfigException;
import io.portcullis.config.ConfigSource;
import io.portcullis.config.Fault;
import io.portcullis.config.GatewayConfig;
import io.portcullis.config.LoadedConfig;
import io.portcullis.management.HealthCheck;
import io.portcullis.management.HealthCheck.Level;
import io.portcullis.management.HealthCheck.Result;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The configuration in effect, and what becomes of it when its file changes. What can be taken over is; keys that need a restart are named
 * and stay as they are; a file with a fault, or none, changes nothing: the last good one stays in effect, and readiness, metrics and status
 * say so until the file is in order again.
 *
 * <p>A changed file counts when two looks have found the same content: an editor may be half-way through writing it, and the first half of a
 * file is often a valid one. By content, not by time or inode, so that a file replaced by a rename or behind a symbolic link (as Kubernetes
 * swaps a ConfigMap) counts like any other.
 *
 * <p>Looks and takes over on one thread, {@link ConfigWatch}'s; what it reports can be asked for on any.
 */
final class ConfigReload {

    private static final Logger log = LoggerFactory.getLogger(ConfigReload.class);

    /** What readiness and the log name; a file that is no configuration at all has a hundred faults. */
    private static final int SHOWN = 5;

    /**
     * How things stand.
     *
     * @param id of the content that is in effect
     * @param since when it was taken over
     * @param faults of the newest content, empty where that is in effect
     * @param waiting keys that a restart would change
     */
    private record State(LoadedConfig inEffect, String id, Instant since, List<String> faults, List<String> waiting) {}

    private final ConfigSource source;
    private final Consumer<GatewayConfig> taker;
    private final Clock clock;
    private final Counter applied;
    private final Counter refused;
    private volatile State state;
    /** The content that was decided on last. */
    private String decided;

    /** The content of the last look. */
    private String seen;

    /**
     * Nothing is looked at yet.
     *
     * @param taker is told of each configuration that is taken over; on the thread that looks
     */
    ConfigReload(ConfigWatch.Watched watched, Consumer<GatewayConfig> taker, Clock clock, MeterRegistry metrics) {
        String id = watched.content().id();
        this.source = watched.source();
        this.taker = taker;
        this.clock = clock;
        this.decided = id;
        this.seen = id;
        this.state = new State(watched.loaded(), id, clock.instant(), List.of(), List.of());
        this.applied = counter(metrics, "applied");
        this.refused = counter(metrics, "refused");
        Gauge.builder(
                        "config_last_reload_successful",
                        this,
                        self -> self.state.faults().isEmpty() ? 1 : 0)
                .description("Whether the configuration file as it is now is in effect, as far as it needs no restart")
                .register(metrics);
        Gauge.builder("config_waiting_keys", this, self -> self.state.waiting().size())
                .description("Keys changed in the file that need a restart")
                .register(metrics);
    }

    /** One look at the file. */
    void look() {
        ConfigSource.Content content = source.read();
        boolean settled = content.id().equals(seen);
        seen = content.id();
        if (settled && !content.id().equals(decided)) {
            decide(content);
        }
    }

    /** Takes the file as it is now, whether or not it has changed: somebody says so. */
    void now() {
        ConfigSource.Content content = source.read();
        seen = content.id();
        decide(content);
    }

    private void decide(ConfigSource.Content content) {
        decided = content.id();
        State before = state;
        try {
            ConfigChange change = source.change(before.inEffect(), content);
            taker.accept(change.inEffect().config());
            state = new State(change.inEffect(), content.id(), clock.instant(), List.of(), change.waiting());
            applied.increment();
            log.info(
                    "event=config.reloaded file={} hash={} taken=\"{}\" restart_needed=\"{}\"",
                    source.file(),
                    content.id(),
                    String.join(", ", change.taken()),
                    String.join(", ", change.waiting()));
        } catch (ConfigException e) {
            refuse(before, e.faults().stream().map(Fault::toString).toList());
        } catch (RuntimeException e) {
            refuse(before, List.of("could not be taken over: " + e));
        }
    }

    private void refuse(State before, List<String> faults) {
        state = new State(before.inEffect(), before.id(), before.since(), List.copyOf(faults), before.waiting());
        refused.increment();
        log.error("event=config.refused file={} in_effect={} reason=\"{}\"", source.file(), before.id(), text(faults));
    }

    /** Degraded while the file is at fault; a restart that is due is told, and is no harm. */
    HealthCheck healthCheck() {
        return new HealthCheck("config", () -> {
            State now = state;
            if (!now.faults().isEmpty()) {
                return Future.succeededFuture(
                        new Result(Level.DEGRADED, "the last good one stays in effect: " + text(now.faults())));
            }
            return Future.succeededFuture(
                    now.waiting().isEmpty()
                            ? Result.UP
                            : new Result(Level.UP, "restart needed: " + String.join(", ", now.waiting())));
        });
    }

    JsonObject status() {
        State now = state;
        return new JsonObject()
                .put("file", Objects.toString(source.file(), null))
                .put("hash", now.id())
                .put("since", now.since().toString())
                .put("in_order", now.faults().isEmpty())
                .put("faults", new JsonArray(now.faults()))
                .put("restart_needed", new JsonArray(now.waiting()));
    }

    private static String text(List<String> faults) {
        String first = faults.stream().limit(SHOWN).collect(Collectors.joining("; "));
        return faults.size() > SHOWN ? first + "; and " + (faults.size() - SHOWN) + " more" : first;
    }

    private static Counter counter(MeterRegistry metrics, String result) {
        return Counter.builder("config_reloads")
                .description("Changes of the configuration file, by what became of them")
                .tag("result", result)
                .register(metrics);
    }
}
