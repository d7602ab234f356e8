package io.portcullis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portcullis.FaultBench.Answer;
import io.portcullis.embedded.PostgresProcess;
import io.portcullis.testing.RealRedis;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each fault of each tier, and what callers see: those who are known here, those who are not, those whom nobody knows. Then the fault ends,
 * and all is as before within two seconds. Printed as a table when all is over.
 *
 * <p>A look-up may take {@value #REQUEST_MILLIS} ms. Times are medians of a few tries, and recovery is that of one, or where that one was
 * too slow the median of three: the machine may be busy.
 */
class FaultTableIT {

    static final int REQUEST_MILLIS = PostgresFault.REQUEST_MILLIS;
    /** What a machine that is busy with other things may add. */
    private static final int NOISE_MILLIS = 400;

    private static final long AT_ONCE = 200;
    private static final Duration RECOVERY = Duration.ofSeconds(2);

    private static final Map<String, String> SETTINGS = Map.of(
            "PORTCULLIS_SERVER_REQUEST_TIMEOUT", REQUEST_MILLIS + "ms",
            // Whoever answers a dial with nonsense is listened to for so long.
            "PORTCULLIS_REDIS_CONNECT_TIMEOUT", "1s",
            "PORTCULLIS_FRESHNESS_LEASE", "1s",
            "PORTCULLIS_FRESHNESS_GRACE", "1m");

    private static final List<String> TABLE = new ArrayList<>();
    private static PostgresProcess postgres;
    private static RealRedis redis;
    private static LoopWatch loops;
    private static LogLines log;

    /** One round of faults that is not looked at: what runs for the first time is loaded and compiled, and holds a loop for that. */
    @BeforeAll
    static void start() throws Exception {
        postgres = PostgresProcess.start();
        redis = new RealRedis();
        loops = new LoopWatch();
        log = new LogLines();
        for (int round = 0; round < 2; round++) {
            try (FaultBench bench = new FaultBench(postgres, redis, false, SETTINGS)) {
                for (int i = 0; i < 200; i++) {
                    bench.once(bench.warm);
                    bench.once(bench.unknown());
                }
                bench.toPostgres().cut();
                bench.toRedis().cut();
                bench.cold(1);
                bench.toPostgres().heal();
                bench.toRedis().heal();
                recovered(bench);
            }
        }
    }

    @AfterAll
    static void stop() throws Exception {
        loops.close();
        log.close();
        redis.close();
        postgres.close();
        System.out.printf(
                "%n%-10s %-18s | %-16s | %-16s | %-16s | %-16s | %-16s | %s%n%s%n%n",
                "tier",
                "fault",
                "warm",
                "suspended",
                "cold",
                "unknown",
                "warm, past lease",
                "recovery",
                String.join("\n", TABLE));
    }

    @ParameterizedTest
    @MethodSource("io.portcullis.PostgresFault#all")
    void aFaultOfPostgres(PostgresFault fault) throws Exception {
        try (FaultBench bench = new FaultBench(postgres, redis, fault.direct(), SETTINGS)) {
            // One is enough where all of the time is waited for.
            int tries = fault.millis() < REQUEST_MILLIS ? 3 : 1;
            long steady = System.nanoTime();
            List<Duration> recoveries = new ArrayList<>();
            boolean harmed = true;
            log.clear();
            fault.make().on(bench);
            try {
                Answer warm = bench.warm();
                Answer suspended = bench.suspended();
                Answer cold = bench.cold(tries);
                Answer unknown = bench.unknown(tries);
                assertThat(warm.status()).as("warm: " + warm).isEqualTo(200);
                assertThat(warm.millis()).as("warm: " + warm).isLessThan(AT_ONCE);
                assertThat(suspended.code()).as("suspended: " + suspended).isEqualTo(65004);
                long most = fault.millis() + NOISE_MILLIS;
                switch (fault.told()) {
                    case THE_TRUTH -> {
                        assertThat(cold.status()).as("cold: " + cold).isEqualTo(200);
                        assertThat(unknown.code()).as("unknown: " + unknown).isEqualTo(65001);
                    }
                    case TRY_AGAIN -> {
                        assertThat(cold.code()).as("cold: " + cold).isEqualTo(65011);
                        assertThat(unknown.code()).as("unknown: " + unknown).isEqualTo(65011);
                    }
                    case ONE_OF_THE_TWO -> {
                        assertThat(cold.status()).as("cold: " + cold).isIn(200, 503);
                        assertThat(unknown.status()).as("unknown: " + unknown).isIn(401, 503);
                    }
                }
                assertThat(cold.millis()).as("cold: " + cold).isLessThan(most);
                assertThat(unknown.millis()).as("unknown: " + unknown).isLessThan(most);
                String later = fault.cutsOff() ? pastItsLease(bench).toString() : "-";
                if (fault.told() == PostgresFault.Told.TRY_AGAIN) {
                    assertThat(log.lines("event=registry.unreachable")).hasSize(1);
                }
                fault.heal().on(bench);
                harmed = false;
                recoveries.add(recovered(bench));
                while (recoveries.get(0).compareTo(RECOVERY) > 0 && recoveries.size() < 3) {
                    fault.make().on(bench);
                    bench.once(bench.unknown());
                    fault.heal().on(bench);
                    recoveries.add(recovered(bench));
                }
                tell("PostgreSQL", fault.name(), warm, suspended, cold, unknown, later, recoveries);
            } finally {
                if (harmed) {
                    fault.heal().on(bench);
                }
            }
            assertThat(loops.heldSince(steady)).isEmpty();
        }
    }

    @ParameterizedTest
    @MethodSource("io.portcullis.RedisFault#all")
    void aFaultOfRedis(RedisFault fault) throws Exception {
        try (FaultBench bench = new FaultBench(postgres, redis, true, SETTINGS)) {
            long steady = System.nanoTime();
            List<Duration> recoveries = new ArrayList<>();
            boolean harmed = true;
            int tries = 3;
            double errors = redisErrors(bench);
            log.clear();
            fault.make().on(bench);
            try {
                Answer warm = bench.warm();
                Answer suspended = bench.suspended();
                Answer cold = bench.cold(tries);
                Answer unknown = bench.unknown(tries);
                assertThat(warm.status()).as("warm: " + warm).isEqualTo(200);
                assertThat(warm.stale()).as("warm: " + warm).isFalse();
                assertThat(warm.millis()).as("warm: " + warm).isLessThan(AT_ONCE);
                assertThat(suspended.code()).as("suspended: " + suspended).isEqualTo(65004);
                assertThat(cold.status()).as("cold: " + cold).isEqualTo(200);
                assertThat(cold.stale()).as("cold: " + cold).isFalse();
                assertThat(unknown.code()).as("unknown: " + unknown).isEqualTo(65001);
                assertThat(cold.millis()).as("cold: " + cold).isLessThan(fault.millis() + NOISE_MILLIS);
                assertThat(unknown.millis()).as("unknown: " + unknown).isLessThan(fault.millis() + NOISE_MILLIS);
                if (fault.counted()) {
                    assertThat(redisErrors(bench)).isGreaterThan(errors);
                    assertThat(log.lines("event=redis_link state=down"))
                            .isNotEmpty()
                            .doesNotHaveDuplicates();
                }
                fault.heal().on(bench);
                harmed = false;
                recoveries.add(redisAnswers(bench));
                while (recoveries.get(0).compareTo(RECOVERY) > 0 && recoveries.size() < 3) {
                    fault.make().on(bench);
                    bench.once(bench.unknown());
                    fault.heal().on(bench);
                    recoveries.add(redisAnswers(bench));
                }
                tell("Redis", fault.name(), warm, suspended, cold, unknown, "-", recoveries);
            } finally {
                if (harmed) {
                    fault.heal().on(bench);
                }
            }
            assertThat(loops.heldSince(steady)).isEmpty();
        }
    }

    @Test
    void aFaultOfBoth() throws Exception {
        try (FaultBench bench = new FaultBench(postgres, redis, false, SETTINGS)) {
            bench.toPostgres().cut();
            bench.toRedis().cut();

            Answer warm = bench.warm();
            Answer suspended = bench.suspended();
            Answer cold = bench.cold(3);
            Answer unknown = bench.unknown(3);
            assertThat(warm.status()).isEqualTo(200);
            assertThat(suspended.code()).isEqualTo(65004);
            assertThat(cold.code()).isEqualTo(65011);
            assertThat(unknown.code()).isEqualTo(65011);
            Answer later = pastItsLease(bench);

            bench.toPostgres().heal();
            bench.toRedis().heal();
            tell("both", "away", warm, suspended, cold, unknown, later.toString(), List.of(recovered(bench)));
        }
    }

    /** Nobody waits any more for a node whose heartbeats have stopped: it asks for each request, and the answer is the truth. */
    @Test
    void aDatabaseThatIsReadOnlyForLongIsAskedEachTime() throws Exception {
        Map<String, String> settings = new HashMap<>(SETTINGS);
        settings.put("PORTCULLIS_FRESHNESS_GRACE", "1s");
        try (FaultBench bench = new FaultBench(postgres, redis, true, settings)) {
            bench.readOnly(true);
            try {
                await().atMost(Duration.ofSeconds(10)).until(() -> {
                    double before = asked(bench);
                    assertThat(bench.once(bench.warm).status()).isEqualTo(200);
                    return asked(bench) > before;
                });
                Answer warm = bench.warm();
                assertThat(warm.status()).isEqualTo(200);
                assertThat(warm.stale()).isFalse();
                assertThat(bench.suspended().code()).isEqualTo(65004);
                assertThat(bench.cold(1).status()).isEqualTo(200);
                assertThat(bench.unknown(1).code()).isEqualTo(65001);
            } finally {
                bench.readOnly(false);
            }
            assertThat(recovered(bench)).isLessThanOrEqualTo(RECOVERY);
        }
    }

    private static double asked(FaultBench bench) throws Exception {
        return bench.gateway().metric("registry_lookups_total{result=\"hit\",tier=\"store\"}");
    }

    /** A client that is known goes on, marked, and one that is suspended stays it; what nobody knows is still nobody's to refuse. */
    private static Answer pastItsLease(FaultBench bench) throws Exception {
        await().atMost(Duration.ofSeconds(5)).until(() -> bench.once(bench.warm).stale());
        Answer later = bench.warm();
        assertThat(later.status()).isEqualTo(200);
        assertThat(later.stale()).isTrue();
        assertThat(later.millis()).isLessThan(AT_ONCE);
        assertThat(bench.suspended().code()).isEqualTo(65004);
        assertThat(bench.once(bench.unknown()).status()).isEqualTo(503);
        return later;
    }

    /** From now until everybody is told the truth again. */
    private static Duration recovered(FaultBench bench) {
        long start = System.nanoTime();
        String cold = bench.nextCold();
        await().pollInterval(Duration.ofMillis(10))
                .atMost(Duration.ofSeconds(15))
                .untilAsserted(() -> {
                    assertThat(bench.once(cold).status()).isEqualTo(200);
                    assertThat(bench.once(bench.unknown()).status()).isEqualTo(401);
                    Answer warm = bench.once(bench.warm);
                    assertThat(warm.status()).isEqualTo(200);
                    assertThat(warm.stale()).isFalse();
                });
        return Duration.ofNanos(System.nanoTime() - start);
    }

    /** From now until Redis is asked again, and answers. */
    private static Duration redisAnswers(FaultBench bench) throws Exception {
        long start = System.nanoTime();
        double before = redisMisses(bench);
        await().pollInterval(Duration.ofMillis(10))
                .atMost(Duration.ofSeconds(15))
                .until(() -> {
                    // Several: each shard has a link of its own.
                    double errors = redisErrors(bench);
                    for (int i = 0; i < 6; i++) {
                        assertThat(bench.once(bench.unknown()).status()).isEqualTo(401);
                    }
                    return redisErrors(bench) == errors && redisMisses(bench) > before;
                });
        return Duration.ofNanos(System.nanoTime() - start);
    }

    private static double redisErrors(FaultBench bench) throws Exception {
        return bench.gateway().metric("registry_lookups_total{result=\"error\",tier=\"redis\"}");
    }

    private static double redisMisses(FaultBench bench) throws Exception {
        return bench.gateway().metric("redis_misses_total");
    }

    private static void tell(
            String tier,
            String fault,
            Answer warm,
            Answer suspended,
            Answer cold,
            Answer unknown,
            String later,
            List<Duration> recoveries) {
        TreeMap<Duration, Duration> sorted = new TreeMap<>();
        recoveries.forEach(each -> sorted.put(each, each));
        Duration median = new ArrayList<>(sorted.keySet()).get(sorted.size() / 2);
        TABLE.add(String.format(
                Locale.ROOT,
                "%-10s %-18s | %-16s | %-16s | %-16s | %-16s | %-16s | %s",
                tier,
                fault,
                warm,
                suspended,
                cold,
                unknown,
                later,
                recoveries.stream().map(each -> each.toMillis() + " ms").toList()));
        assertThat(median).isLessThanOrEqualTo(RECOVERY);
    }
}
