package io.portcullis;

import java.time.Duration;
import java.util.List;

/**
 * What can happen to Redis.
 *
 * @param counted whether look-ups fail there meanwhile
 * @param millis how long a look-up waits for it, or a little more
 */
record RedisFault(String name, boolean counted, long millis, FaultBench.Act make, FaultBench.Act heal) {

    /** Redis gets a quarter of a request's time. */
    private static final long SHARE_MILLIS = PostgresFault.REQUEST_MILLIS / 4;

    static List<RedisFault> all() {
        return List.of(
                new RedisFault(
                        "down",
                        true,
                        0,
                        bench -> bench.redis().kill(),
                        bench -> bench.redis().startAgain()),
                onTheWay("away", 0, bench -> bench.toRedis().cut()),
                onTheWay("hung", SHARE_MILLIS, bench -> bench.toRedis().freeze()),
                new RedisFault(
                        "stopped",
                        true,
                        SHARE_MILLIS,
                        bench -> bench.redis().signal("STOP"),
                        bench -> bench.redis().signal("CONT")),
                onTheWay("half open", SHARE_MILLIS, bench -> bench.toRedis().halfOpen()),
                onTheWay("slow", SHARE_MILLIS, bench -> bench.toRedis().delay(Duration.ofMillis(300))),
                onTheWay("nonsense", SHARE_MILLIS, bench -> bench.toRedis().corrupt(1, 1)),
                new RedisFault("flushed", false, 0, bench -> bench.redis().command("FLUSHALL"), bench -> {}),
                new RedisFault(
                        "full",
                        false,
                        0,
                        bench -> bench.redis().command("CONFIG", "SET", "maxmemory", "1"),
                        bench -> bench.redis().command("CONFIG", "SET", "maxmemory", "0")),
                // What was the primary is now a replica, of one that is not there.
                new RedisFault(
                        "demoted",
                        false,
                        SHARE_MILLIS,
                        bench -> bench.redis().command("REPLICAOF", "127.0.0.1", "1"),
                        bench -> bench.redis().command("REPLICAOF", "NO", "ONE")),
                // As after a failover to one that had not been told anything.
                new RedisFault(
                        "replaced",
                        false,
                        SHARE_MILLIS,
                        bench -> {
                            bench.redis().kill();
                            bench.redis().startAgain();
                        },
                        bench -> {}));
    }

    private static RedisFault onTheWay(String name, long millis, FaultBench.Act make) {
        return new RedisFault(name, true, millis, make, bench -> bench.toRedis().heal());
    }

    @Override
    public String toString() {
        return name;
    }
}
