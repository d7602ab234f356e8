package io.portcullis.registry;

import io.portcullis.auth.KeyDigest;

/** What a look-up asks for, and of which tier first. A value: two equal questions under way at once are one look-up. */
public sealed interface Query {

    /** The first tier that is asked. */
    enum From {
        REDIS,
        /** For who was given something outdated: what Redis has may be just that. */
        POSTGRES
    }

    /** The key of that digest, and its client. */
    record ByDigest(KeyDigest digest, From from) implements Query {

        public ByDigest(KeyDigest digest) {
            this(digest, From.REDIS);
        }

        @Override
        public Query from(From tier) {
            return new ByDigest(digest, tier);
        }

        @Override
        public int spread() {
            return digest.hashCode();
        }
    }

    /** The client of that id, a UUID in canonical text. */
    record ByClientId(String clientId, From from) implements Query {

        public ByClientId(String clientId) {
            this(clientId, From.REDIS);
        }

        @Override
        public Query from(From tier) {
            return new ByClientId(clientId, tier);
        }

        @Override
        public int spread() {
            return clientId.hashCode();
        }
    }

    /** The first tier that is asked. */
    From from();

    /** The same question to another tier first. */
    Query from(From tier);

    /** A hash of what is asked for, whichever tier it is asked of. */
    int spread();

    /** Spreads questions over shards; the same question goes to the same shard. */
    default int shard(int count) {
        return Math.floorMod(spread() * 0x9E3779B9, count);
    }
}
