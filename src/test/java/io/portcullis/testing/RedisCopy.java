package io.portcullis.testing;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * All keys of a Redis under a prefix as they were at a moment, to go back to later: what nodes find after a failover to a replica that had
 * fallen behind, or to a copy from the disk.
 */
public final class RedisCopy {
    private final String prefix;
    private final Map<String, Entry> entries;

    private RedisCopy(String prefix, Map<String, Entry> entries) {
        this.prefix = prefix;
        this.entries = entries;
    }

    /** Key by key: what is written meanwhile may be in it or not. */
    public static RedisCopy take(RawRedis redis, String prefix) throws IOException {
        Map<String, Entry> entries = new LinkedHashMap<>();
        for (String key : redis.keys(prefix)) {
            String ttl = redis.command("PTTL", key);
            String value = redis.command("DUMP", key);
            // -2, or nothing to dump: it has expired since.
            if (!ttl.equals("-2") && !value.isEmpty()) {
                entries.put(key, new Entry(value, ttl.equals("-1") ? "0" : ttl));
            }
        }
        return new RedisCopy(prefix, entries);
    }

    /**
     * Makes the keys under the prefix what they were, and deletes those that were not there. Each lives for as long as it had still to live
     * when it was copied, so the copy never expires: the worst of what a Redis with a wrong clock does. Key by key: a node that reads
     * meanwhile may miss what is there before and after.
     */
    public void restore(RawRedis redis) throws IOException {
        flush(redis, prefix);
        for (Map.Entry<String, Entry> entry : entries.entrySet()) {
            redis.command("RESTORE", entry.getKey(), entry.getValue().millisToLive, entry.getValue().dumped, "REPLACE");
        }
    }

    /** Deletes every key under the prefix: a Redis that lost its memory. */
    public static void flush(RawRedis redis, String prefix) throws IOException {
        for (String key : redis.keys(prefix)) {
            redis.command("DEL", key);
        }
    }

    /** How many keys there were. */
    public int size() {
        return entries.size();
    }

    /**
     * @param dumped as DUMP gives it, a byte per character
     * @param millisToLive 0 for ever
     */
    private record Entry(String dumped, String millisToLive) {}
}
