package io.portcullis;

import java.time.Duration;
import java.util.List;

/**
 * What can happen to PostgreSQL.
 *
 * @param direct whether it happens to the server itself; else on the way to it
 * @param cutsOff whether the log cannot be followed meanwhile, so that the lease runs out
 * @param told what a caller is told whom this node does not know
 * @param millis how long that takes, or a little more
 */
record PostgresFault(
        String name,
        boolean direct,
        boolean cutsOff,
        Told told,
        long millis,
        FaultBench.Act make,
        FaultBench.Act heal) {

    /** How long a look-up may take. */
    static final int REQUEST_MILLIS = 500;

    private static final long TRIP_MILLIS = 100;

    /** What a caller is told whom this node does not know. */
    enum Told {
        /** By PostgreSQL, as ever. */
        THE_TRUTH,
        /** 503: nobody knows. */
        TRY_AGAIN,
        /** Either: it is over in a moment. */
        ONE_OF_THE_TWO
    }

    static List<PostgresFault> all() {
        return List.of(
                new PostgresFault(
                        "down",
                        true,
                        true,
                        Told.TRY_AGAIN,
                        0,
                        bench -> bench.postgres().kill(),
                        bench -> bench.postgres().startAgain()),
                onTheWay("away", Told.TRY_AGAIN, 0, bench -> bench.toPostgres().cut()),
                onTheWay(
                        "hung",
                        Told.TRY_AGAIN,
                        REQUEST_MILLIS,
                        bench -> bench.toPostgres().freeze()),
                onTheWay(
                        "half open",
                        Told.TRY_AGAIN,
                        REQUEST_MILLIS,
                        bench -> bench.toPostgres().halfOpen()),
                onTheWay(
                        "too slow",
                        Told.TRY_AGAIN,
                        REQUEST_MILLIS,
                        bench -> bench.toPostgres().delay(Duration.ofSeconds(2))),
                new PostgresFault(
                        "slow",
                        false,
                        false,
                        Told.THE_TRUTH,
                        2 * TRIP_MILLIS,
                        bench -> bench.toPostgres().delay(Duration.ofMillis(TRIP_MILLIS)),
                        bench -> bench.toPostgres().heal()),
                new PostgresFault(
                        "locked",
                        true,
                        false,
                        Told.TRY_AGAIN,
                        REQUEST_MILLIS,
                        FaultBench::lockTables,
                        FaultBench::giveBack),
                new PostgresFault(
                        "read only",
                        true,
                        false,
                        Told.THE_TRUTH,
                        0,
                        bench -> bench.readOnly(true),
                        bench -> bench.readOnly(false)),
                new PostgresFault(
                        "out of connections",
                        true,
                        true,
                        Told.TRY_AGAIN,
                        0,
                        FaultBench::takeAllConnections,
                        FaultBench::giveBack),
                new PostgresFault(
                        "restarted",
                        true,
                        false,
                        Told.ONE_OF_THE_TWO,
                        0,
                        bench -> {
                            bench.postgres().stop();
                            bench.postgres().startAgain();
                        },
                        bench -> {}));
    }

    private static PostgresFault onTheWay(String name, Told told, long millis, FaultBench.Act make) {
        return new PostgresFault(
                name,
                false,
                true,
                told,
                millis,
                make,
                bench -> bench.toPostgres().heal());
    }

    @Override
    public String toString() {
        return name;
    }
}
