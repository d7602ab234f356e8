package io.portcullis.cache;

import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the log about a link, once per episode: each reason once, and the recovery once after it. A link that was up for two seconds has
 * ended its episode. Belongs to one event loop.
 */
final class LinkJournal {

    /** A connection that lasts so long is no longer part of the trouble before it. */
    static final long STABLE = TimeUnit.SECONDS.toNanos(2);

    private static final long READ_ONLY_EVERY = TimeUnit.MINUTES.toNanos(1);
    private static final int MAX_REASONS = 8;
    private static final Logger log = LoggerFactory.getLogger(RedisLink.class);

    private final int link;
    private final String server;
    private final Set<String> reasons = new HashSet<>();
    private boolean upIsNews = true;
    private long readOnlyAt = System.nanoTime() - READ_ONLY_EVERY;

    /** @param server as the log is to name it */
    LinkJournal(int link, String server) {
        this.link = link;
        this.server = server;
    }

    void up() {
        if (upIsNews) {
            upIsNews = false;
            log.info("event=redis_link state=up link={} server={}", link, server);
        }
    }

    void newEpisode() {
        reasons.clear();
    }

    void down(String reason) {
        if (reasons.size() < MAX_REASONS && reasons.add(reason)) {
            upIsNews = true;
            log.warn("event=redis_link state=down link={} server={} reason=\"{}\"", link, server, reason);
        }
    }

    void readOnly(long now) {
        if (now - readOnlyAt >= READ_ONLY_EVERY) {
            readOnlyAt = now;
            log.warn("event=redis_link state=read_only link={} server={} action=reconnect", link, server);
        }
    }
}
