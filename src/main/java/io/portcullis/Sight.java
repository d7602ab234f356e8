package io.portcullis;

import io.vertx.core.json.JsonObject;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** When the nodes see what a command has written: a command reaches PostgreSQL and Redis, but not what a running gateway has in memory. */
record Sight(Duration lease) {

    static Sight of(Installation installation) {
        return new Sight(installation.config().freshness().lease());
    }

    /** Who writes, as the audit has it. */
    static String actor(Shell shell) {
        return "cli:" + shell.user();
    }

    String text() {
        return "Seen by every node within " + within() + ".";
    }

    JsonObject addTo(JsonObject document) {
        return document.put("seen_within_ms", lease.toMillis());
    }

    void noteIfMissed(@Nullable Throwable missed, Output output) {
        if (missed != null) {
            output.note("Done, but Redis was not reached (" + Failures.text(missed)
                    + "): nodes may go on with what it holds until the lease ends, within " + within() + ".");
        }
    }

    private String within() {
        long millis = lease.toMillis();
        return millis % 1000 == 0 ? millis / 1000 + " s" : millis + " ms";
    }
}
