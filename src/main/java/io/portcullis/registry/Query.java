package io.portcullis.registry;

import io.portcullis.auth.KeyDigest;

/** What a look-up asks for. A value: two equal questions under way at once are one look-up. */
public sealed interface Query {

    /** The key of that digest, and its client. */
    record ByDigest(KeyDigest digest) implements Query {}

    /** The client of that id, a UUID in canonical text. */
    record ByClientId(String clientId) implements Query {}

    /** Spreads questions over shards; the same question goes to the same shard. */
    default int shard(int count) {
        return Math.floorMod(hashCode() * 0x9E3779B9, count);
    }
}
