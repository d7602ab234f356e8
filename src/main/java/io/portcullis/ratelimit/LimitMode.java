package io.portcullis.ratelimit;

import java.util.Locale;

/** Where a limit is kept. */
public enum LimitMode {
    /** In Redis for all nodes; each takes a few at a time, so that a request makes no hop. */
    LEASED,
    /** In Redis for all nodes, which each request asks. */
    EXACT,
    /** On each node, for this node alone. */
    LOCAL;

    /** As the configuration writes it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
