package io.portcullis.ingress;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/** How many connections there are to one port of this process, how many there may be, and why we closed some. For any thread. */
public final class OpenConnections {

    private final AtomicInteger open = new AtomicInteger();
    private final Map<Closing, Counter> closings = new EnumMap<>(Closing.class);
    private final int most;

    /**
     * Nothing is open yet.
     *
     * @param port what the port is called in metrics
     * @param most 0: no bound
     */
    public OpenConnections(String port, int most, MeterRegistry registry) {
        this.most = most;
        Gauge.builder("http_connections", open, AtomicInteger::get)
                .description("Open connections")
                .tag("port", port)
                .register(registry);
        for (Closing why : Closing.values()) {
            closings.put(
                    why,
                    Counter.builder("http_connections_closed")
                            .description("Connections that we closed though the peer would have kept them, by reason")
                            .tag("port", port)
                            .tag("reason", why.name().toLowerCase(Locale.ROOT))
                            .register(registry));
        }
    }

    /** Whether one more may stay; if so, {@link #closed} is to be called when it has ended. */
    boolean admit() {
        if (open.incrementAndGet() > most && most > 0) {
            open.decrementAndGet();
            closing(Closing.LIMIT);
            return false;
        }
        return true;
    }

    void closed() {
        open.decrementAndGet();
    }

    void closing(Closing why) {
        Counter counter = closings.get(why);
        if (counter != null) {
            counter.increment();
        }
    }
}
