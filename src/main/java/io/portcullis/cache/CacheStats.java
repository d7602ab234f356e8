package io.portcullis.cache;

/**
 * What a cache holds.
 *
 * @param servers that hold keys
 * @param entries ours, by our prefix: an estimate where {@code counted} is less than all keys there are
 * @param keys all that there are, whoever's
 * @param counted keys that were looked at
 * @param memoryBytes that the servers use, for whatever
 */
public record CacheStats(int servers, long entries, long keys, long counted, long memoryBytes) {

    static CacheStats none() {
        return new CacheStats(0, 0, 0, 0, 0);
    }

    CacheStats plus(CacheStats other) {
        return new CacheStats(
                servers + other.servers,
                entries + other.entries,
                keys + other.keys,
                counted + other.counted,
                memoryBytes + other.memoryBytes);
    }
}
