package io.portcullis.cache;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Which servers there are, and how to find the one that is meant. */
public sealed interface RedisTopology {

    /** One server, always the same. */
    record Standalone(ServerAddress server) implements RedisTopology {
        @Override
        public String toString() {
            return server.toString();
        }
    }

    /**
     * The master that Sentinels name, whichever it is at the moment.
     *
     * @param name the master's, among the Sentinels
     * @param user given to the Sentinels; null for the default user
     * @param password given to the Sentinels; null for none
     */
    record Sentinel(
            List<ServerAddress> sentinels,
            String name,
            @Nullable String user,
            @Nullable String password) implements RedisTopology {

        /** At least one Sentinel. */
        public Sentinel {
            sentinels = List.copyOf(sentinels);
            requireSome(sentinels);
        }

        @Override
        public String toString() {
            return name + "@" + sentinels;
        }
    }

    /**
     * The masters of a Redis Cluster, each for its slots.
     *
     * @param seeds some of its nodes, asked for all others
     */
    record Cluster(List<ServerAddress> seeds) implements RedisTopology {

        /** At least one node. */
        public Cluster {
            seeds = List.copyOf(seeds);
            requireSome(seeds);
        }

        @Override
        public String toString() {
            return "cluster" + seeds;
        }
    }

    private static void requireSome(List<ServerAddress> servers) {
        if (servers.isEmpty()) {
            throw new IllegalArgumentException("redis: at least one server must be named");
        }
    }
}
