package io.portcullis.load;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.portcullis.auth.AddressRules;
import io.portcullis.auth.Client;
import io.portcullis.auth.ClientStatus;
import io.portcullis.auth.Decision;
import io.portcullis.ratelimit.Dimension;
import io.portcullis.ratelimit.LimitMode;
import io.portcullis.ratelimit.LimitPolicy;
import io.portcullis.ratelimit.Limits;
import io.portcullis.ratelimit.RedisAway;
import io.portcullis.ratelimit.Rule;
import io.vertx.core.Vertx;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/**
 * What a limited subject holds in memory: a million different clients ask, and another million, of which only as many are kept. No Redis: a
 * lease would be another 50 bytes.
 */
public final class LimitMemory {

    private static final int KEYS = 1_000_000;

    private LimitMemory() {}

    public static void main(String[] args) throws InterruptedException {
        for (LimitMode mode : List.of(LimitMode.LEASED, LimitMode.EXACT, LimitMode.LOCAL)) {
            Vertx vertx = Vertx.vertx();
            LimitPolicy policy = new LimitPolicy(
                    "p",
                    Set.of(Dimension.CLIENT),
                    new Rule.SlidingWindow(100, Duration.ofMinutes(1)),
                    mode,
                    RedisAway.LOCAL,
                    false,
                    false);
            Limits limits = new Limits(
                    vertx.eventBus(),
                    new Limits.Settings(List.of(policy), policy, Duration.ofSeconds(30), KEYS),
                    new SecureRandom(),
                    new SimpleMeterRegistry());
            long before = used();
            ask(limits, KEYS);
            long first = used();
            ask(limits, KEYS);
            long second = used();
            System.out.printf(
                    "%s: %d bytes a subject with its id of 36 characters; %d MB for a million, %d MB after another million%n",
                    mode, (first - before) / KEYS, (first - before) >> 20, (second - before) >> 20);
            // Kept until here.
            limits.isDegraded();
            vertx.close();
        }
    }

    private static void ask(Limits limits, int count) {
        for (int i = 0; i < count; i++) {
            Client client = new Client(
                    UUID.randomUUID().toString(),
                    null,
                    null,
                    null,
                    null,
                    null,
                    null,
                    AddressRules.ANY,
                    null,
                    ClientStatus.ACTIVE,
                    null,
                    null,
                    1,
                    null);
            limits.admitNow(new Decision.Allowed(client, null, false), () -> null);
        }
    }

    private static long used() throws InterruptedException {
        for (int i = 0; i < 3; i++) {
            System.gc();
            Thread.sleep(200);
        }
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }
}
