package io.portcullis.testing;

import io.portcullis.cache.RedisTopology;
import io.portcullis.cache.ServerAddress;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;

/** A real master with a replica, and three Sentinels that watch them, take half a second to notice a loss, and have a password. */
public final class RedisSentinels implements AutoCloseable {

    public static final String NAME = "mymaster";
    public static final String PASSWORD = "the-sentinels-own";

    private final List<RealRedis> open = new ArrayList<>();
    private final List<RealRedis> sentinels = new ArrayList<>();
    private final RealRedis master;
    private final RealRedis replica;

    /** Returns when everybody knows everybody. */
    public RedisSentinels() {
        master = new RealRedis();
        open.add(master);
        replica = new RealRedis("--replicaof", "127.0.0.1 " + master.port(), "--repl-diskless-sync-delay", "0");
        open.add(replica);
        for (int i = 0; i < 3; i++) {
            RealRedis sentinel = RealRedis.sentinel(
                    "sentinel monitor " + NAME + " 127.0.0.1 " + master.port() + " 2",
                    "sentinel down-after-milliseconds " + NAME + " 500",
                    "sentinel failover-timeout " + NAME + " 3000",
                    "requirepass " + PASSWORD,
                    "sentinel sentinel-pass " + PASSWORD);
            open.add(sentinel);
            sentinels.add(sentinel);
        }
        Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> replicaIsLinked() && sentinelsKnowEachOther());
    }

    public RealRedis master() {
        return master;
    }

    public RealRedis replica() {
        return replica;
    }

    public List<RealRedis> sentinels() {
        return sentinels;
    }

    /** For {@code redis.url}; the Sentinels' password goes with it. */
    public String url() {
        return "redis+sentinel://"
                + sentinels.stream().map(one -> "127.0.0.1:" + one.port()).collect(Collectors.joining(","))
                + "/0?master=" + NAME;
    }

    /** The same, for a link. */
    public RedisTopology topology() {
        return new RedisTopology.Sentinel(
                sentinels.stream()
                        .map(one -> new ServerAddress("127.0.0.1", one.port()))
                        .toList(),
                NAME,
                null,
                PASSWORD);
    }

    /** The replica loses what it has, and hears no more of the master's. It can be made the master for the next five seconds only. */
    public void emptyReplica() throws IOException {
        try (RawRedis raw = replica.raw()) {
            raw.command("CONFIG", "SET", "masterauth", "not the master's");
            raw.command("CLIENT", "KILL", "TYPE", "master");
            raw.command("CONFIG", "SET", "replica-read-only", "no");
            raw.command("FLUSHALL");
        }
    }

    /** Whether a Sentinel names it as the master; it is one about a second earlier. */
    public boolean replicaIsNamed() throws IOException {
        for (RealRedis sentinel : sentinels) {
            if (ask(sentinel, "INFO", "sentinel").contains("address=127.0.0.1:" + replica.port() + ",")) {
                return true;
            }
        }
        return false;
    }

    /** Has the Sentinels make the replica the master, both being well. */
    public void failOver() throws IOException {
        ask(sentinels.get(0), "SENTINEL", "FAILOVER", NAME);
    }

    private boolean replicaIsLinked() throws IOException {
        try (RawRedis raw = replica.raw()) {
            return raw.command("INFO", "replication").contains("master_link_status:up");
        }
    }

    private boolean sentinelsKnowEachOther() throws IOException {
        for (RealRedis sentinel : sentinels) {
            if (!ask(sentinel, "INFO", "sentinel").contains("slaves=1,sentinels=3")) {
                return false;
            }
        }
        return true;
    }

    private static String ask(RealRedis sentinel, String... words) throws IOException {
        try (RawRedis raw = sentinel.raw()) {
            raw.command("AUTH", PASSWORD);
            return raw.command(words);
        }
    }

    @Override
    public void close() {
        for (int i = open.size() - 1; i >= 0; i--) {
            open.get(i).close();
        }
    }
}
