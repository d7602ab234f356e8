package io.portcullis.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portcullis.auth.Decision;
import io.portcullis.auth.IpAddress;
import io.portcullis.bus.Deadline;
import io.portcullis.testing.RealRedis;
import io.portcullis.testing.RedisSentinels;
import io.portcullis.testing.TcpProxy;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Several nodes on one real Redis. */
@Timeout(120)
@SuppressWarnings("NullAway.Init") // set before each test
class LimitsIT {

    private static final int CALLERS = 200;

    private final String prefix = "limits" + UUID.randomUUID();
    private final Decision.Allowed client = LimitNode.client(UUID.randomUUID().toString());
    private final List<LimitNode> nodes = new ArrayList<>();
    private RealRedis redis;

    @BeforeEach
    void start() {
        redis = new RealRedis();
    }

    @AfterEach
    void stop() {
        for (LimitNode node : nodes) {
            node.close();
        }
        redis.close();
    }

    @ParameterizedTest
    @CsvSource({"exact, 1000", "leased, 950"})
    void threeNodesAdmitTheLimitTogether(String mode, int least) throws Exception {
        threeNodes("p by=client limit=1000 window=1m mode=" + mode);

        Crowd crowd = Crowd.at(nodes, CALLERS, client);
        await().atMost(Duration.ofSeconds(30)).until(() -> crowd.admitted() >= least);
        TimeUnit.SECONDS.sleep(1);
        crowd.end();

        assertThat(crowd.admitted()).isBetween(least, 1000);
        assertThat(crowd.unavailable()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"exact", "leased"})
    void everyWindowHoldsUnderSteadyExcess(String mode) throws Exception {
        threeNodes("p by=client limit=300 window=1s mode=" + mode);

        Crowd crowd = Crowd.during(Duration.ofSeconds(6), nodes, CALLERS, client);

        System.out.println(mode + " window: " + crowd.admitted() + " in 6 s of 300 a second, most in one window "
                + crowd.mostWithin(Duration.ofSeconds(1)));
        assertThat(crowd.mostWithin(Duration.ofSeconds(1))).isLessThanOrEqualTo(300);
        assertThat(crowd.unavailable()).as("Redis is there").isZero();
        assertThat(crowd.admitted()).isGreaterThan(6 * 300 / 2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"exact", "leased"})
    void everySpanOfABucketHoldsUnderSteadyExcess(String mode) throws Exception {
        threeNodes("p by=client rate=300/s burst=100 mode=" + mode);

        Crowd crowd = Crowd.during(Duration.ofSeconds(4), nodes, CALLERS, client);

        System.out.println(mode + " bucket: " + crowd.admitted() + " in 4 s of 100 + 300 a second");
        for (int millis : List.of(1, 10, 100, 500, 1000, 2000, 3000)) {
            assertThat(crowd.mostWithin(Duration.ofMillis(millis)))
                    .as("in %d ms", millis)
                    .isLessThanOrEqualTo(100 + 300 * millis / 1000 + 1);
        }
        assertThat(crowd.admitted()).isGreaterThan((100 + 4 * 300) / 2);
    }

    /** Any policy, any number of nodes and callers: no span ever sees more than it may, and what may be had is had. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void whateverThePolicyNoSpanSeesTooMuch(long seed) throws Exception {
        // Neighbouring seeds begin alike.
        Random random = new Random(seed * 0x9E3779B97F4A7C15L);
        String mode = random.nextBoolean() ? "leased" : "exact";
        boolean isWindow = random.nextBoolean();
        int limit = 1 + random.nextInt(200);
        int window = 200 + random.nextInt(1_300);
        int rate = 1 + random.nextInt(400);
        String policy = "p by=client mode=" + mode
                + (isWindow ? " limit=" + limit + " window=" + window + "ms" : " rate=" + rate + "/s burst=" + limit);
        for (int i = 1 + random.nextInt(4); i > 0; i--) {
            nodes.add(new LimitNode(redis.port(), prefix, policy).up());
        }
        int callers = 1 + random.nextInt(60);

        Crowd crowd = Crowd.during(Duration.ofSeconds(3), nodes, callers, client);

        System.out.printf(
                "%s, %d nodes, %d callers each: %d admitted in 3 s%n", policy, nodes.size(), callers, crowd.admitted());
        if (isWindow) {
            assertThat(crowd.mostWithin(Duration.ofMillis(window))).as(policy).isLessThanOrEqualTo(limit);
            assertThat(crowd.admitted()).as(policy).isGreaterThanOrEqualTo(limit);
        } else {
            for (int millis : List.of(1, 30, 300, 1000, 2500)) {
                assertThat(crowd.mostWithin(Duration.ofMillis(millis)))
                        .as("%s in %d ms", policy, millis)
                        .isLessThanOrEqualTo(limit + (int) Math.ceil(rate * millis / 1000.0) + 1);
            }
            assertThat(crowd.admitted()).as(policy).isGreaterThanOrEqualTo(limit);
        }
    }

    @Test
    void aNodeThatDiesCostsWhatItHasLeased() throws Exception {
        threeNodes("p by=client limit=1000 window=1m");
        Crowd before = Crowd.at(nodes, 5, client);
        await().until(() -> before.admitted() > 300);
        LimitNode dead = nodes.remove(0);
        dead.kill();
        TimeUnit.MILLISECONDS.sleep(2_000);
        before.end();

        System.out.println("one of three killed: " + before.admitted() + " of 1000");
        assertThat(before.admitted()).isBetween(700, 1000);
    }

    @Test
    void whatIsNotUsedGoesBack() throws Exception {
        threeNodes("p by=client limit=100 window=1m");
        LimitNode one = nodes.get(0);
        for (int i = 0; i < 30; i++) {
            assertThat(one.ask(client)).isEqualTo(Verdict.Kind.ADMITTED);
        }

        await().atMost(Duration.ofSeconds(5)).untilAsserted(() -> {
            Charge look =
                    new Charge("p|" + client.client().clientId(), rule(100, 60_000), 0, 0, "x", false, 0, List.of());
            Charge.Granted stands = one.limits
                    .questions()
                    .ask(Charge.Several.of(look))
                    .await(2, TimeUnit.SECONDS)
                    .granted()
                    .get(0);
            assertThat(stands.left()).isEqualTo(70);
        });
    }

    @Test
    void aCleanStopGivesBackAtOnce() throws Exception {
        threeNodes("p by=client limit=100 window=1m mode=leased");
        LimitNode one = nodes.remove(0);
        for (int i = 0; i < 10; i++) {
            one.ask(client);
        }
        one.close();

        Crowd crowd = Crowd.at(nodes, 5, client);
        await().atMost(Duration.ofSeconds(10)).until(() -> crowd.admitted() >= 88);
        TimeUnit.MILLISECONDS.sleep(300);
        crowd.end();

        assertThat(crowd.admitted()).isBetween(88, 90);
    }

    /** So many that Redis cannot be told of all by one run of the script. */
    @Test
    void aCleanStopOfANodeWithManyLeasesGivesBack() throws Exception {
        LimitNode node = new LimitNode(redis.port(), prefix, "p by=client limit=100 window=1h").up();
        List<String> clients = new ArrayList<>();
        List<Future<Verdict>> verdicts = new ArrayList<>();
        for (int i = 0; i < 9_000; i++) {
            clients.add("client-" + i);
            verdicts.add(node.admit(LimitNode.client("client-" + i)));
        }
        Future.all(verdicts).await(60, TimeUnit.SECONDS);
        assertThat(clients.stream().limit(100).filter(this::isLeased)).hasSize(100);
        node.close();

        // As much as there was time for.
        assertThat(clients.stream().filter(who -> !isLeased(who)).count()).isGreaterThanOrEqualTo(1_000);
    }

    private boolean isLeased(String who) {
        return !redis.command(
                        "ZCOUNT",
                        prefix + ":limit:{p|" + who + "}",
                        "(" + (System.currentTimeMillis() + 500) * 1_000,
                        "+inf")
                .equals(":0");
    }

    @Test
    void ofTwoLimitsOneRefusesAndTheOtherIsNotCharged() throws Exception {
        for (String mode : List.of("exact", "leased", "local")) {
            try (LimitNode node = new LimitNode(
                            redis.port(),
                            prefix + mode,
                            "wide by=client limit=10 window=1m mode=" + mode,
                            "narrow by=tenant limit=3 window=1m mode=" + mode)
                    .up()) {
                for (int i = 0; i < 3; i++) {
                    assertThat(node.ask(client)).isEqualTo(Verdict.Kind.ADMITTED);
                }
                for (int i = 0; i < 20; i++) {
                    assertThat(node.ask(client)).as(mode).isEqualTo(Verdict.Kind.REFUSED);
                }

                // The same client of another tenant: the narrow limit is another one.
                Decision.Allowed moved = new Decision.Allowed(
                        LimitNode.client(client.client().clientId()).client(), null, false);
                Decision.Allowed other = LimitNode.client(UUID.randomUUID().toString());
                assertThat(node.ask(other)).isEqualTo(Verdict.Kind.ADMITTED);
                Verdict verdict = node.verdict(moved);
                assertThat(verdict.limitField().toString()).as(mode).contains("\"wide\";r=7");
            }
        }
    }

    @Test
    void whoIsRefusedIsAdmittedWhenHeWasTold() throws Exception {
        for (String rule : List.of("limit=5 window=2s", "rate=2/s burst=5")) {
            for (String mode : List.of("exact", "leased", "local")) {
                try (LimitNode node = new LimitNode(
                                redis.port(), prefix + UUID.randomUUID(), "p by=client " + rule + " mode=" + mode)
                        .up()) {
                    long began = System.nanoTime();
                    for (int i = 0; i < 5; i++) {
                        assertThat(node.ask(client)).isEqualTo(Verdict.Kind.ADMITTED);
                    }
                    Verdict refused = node.verdict(client);
                    assertThat(refused.kind()).as(mode).isEqualTo(Verdict.Kind.REFUSED);
                    assertThat(refused.retryAfterSeconds()).isBetween(1, 3);
                    // He goes on calling all the while.
                    await().pollInterval(Duration.ofMillis(5))
                            .pollDelay(Duration.ZERO)
                            .until(() -> node.ask(client) == Verdict.Kind.ADMITTED);
                    double seconds = (System.nanoTime() - began) / 1e9;
                    System.out.printf("%s %s: admitted again after %.3f s%n", mode, rule, seconds);
                    double due = rule.startsWith("limit") ? 2 : 0.5;
                    assertThat(seconds).as(mode + " " + rule).isBetween(due - 0.01, due + 1.5);
                }
            }
        }
    }

    @Test
    void aShadowCountsAndRefusesNobody() throws Exception {
        for (String mode : List.of("exact", "leased", "local")) {
            try (LimitNode node = new LimitNode(
                            redis.port(), prefix + mode, "s by=client limit=2 window=1m shadow=true mode=" + mode)
                    .up()) {
                for (int i = 0; i < 10; i++) {
                    assertThat(node.ask(client)).isEqualTo(Verdict.Kind.ADMITTED);
                }
                assertThat(node.metrics
                                .get("rate_limit_policy_requests")
                                .tag("outcome", "shadow_refused")
                                .counter()
                                .count())
                        .as(mode)
                        .isEqualTo(8);
            }
        }
    }

    /** Also not one that admits nobody without Redis. */
    @Test
    void aShadowRefusesNobodyWhenRedisIsAway() throws Exception {
        for (String mode : List.of("exact", "leased")) {
            LimitNode node = new LimitNode(
                            redis.port(),
                            prefix + mode,
                            "s by=client limit=2 window=1m shadow=true away=closed mode=" + mode)
                    .up();
            nodes.add(node);
        }
        redis.kill();
        for (LimitNode node : nodes) {
            await().until(node.limits::isDegraded);
            assertThat(admitted(node, client, 5)).isEqualTo(5);
        }
    }

    @Test
    void aClientHasItsOwnLimitAndTheOneThatItNames() throws Exception {
        LimitNode node = new LimitNode(redis.port(), prefix, "gold by=client limit=4 window=1m only=named").up();
        nodes.add(node);
        Decision.Allowed own = LimitNode.client(UUID.randomUUID().toString(), 2, null);
        Decision.Allowed naming = LimitNode.client(UUID.randomUUID().toString(), null, "gold");
        Decision.Allowed none = LimitNode.client(UUID.randomUUID().toString(), null, "unknown");

        assertThat(admitted(node, own, 10)).isEqualTo(2);
        assertThat(admitted(node, naming, 10)).isEqualTo(4);
        assertThat(admitted(node, none, 10)).isEqualTo(10);
        assertThat(node.metrics.get("rate_limit_unknown_policies").counter().count())
                .isEqualTo(10);
        Decision.Allowed raised = LimitNode.client(own.client().clientId(), 5, null);
        await().untilAsserted(() -> assertThat(admitted(node, raised, 10)).isGreaterThan(0));
        assertThat(admitted(node, LimitNode.client(UUID.randomUUID().toString(), 0, null), 3))
                .isZero();
    }

    @Test
    void addressesOfOneSubscriberShareALimit() throws Exception {
        LimitNode node = new LimitNode(
                redis.port(),
                prefix,
                "a by=ip limit=3 window=1m mode=local",
                "b by=ip+client limit=9 window=1m mode=local");
        nodes.add(node);
        int admitted = 0;
        for (String address : List.of("2001:db8::1", "2001:db8::2:3", "2001:db8:0:0:ffff::1", "2001:db8::9")) {
            admitted += node.admit(client, IpAddress.parse(address))
                                    .await(5, TimeUnit.SECONDS)
                                    .kind()
                            == Verdict.Kind.ADMITTED
                    ? 1
                    : 0;
        }
        assertThat(admitted).isEqualTo(3);
        // Whoever asks how it stands names any of them.
        assertThat(left(node, "ip:2001:db8::77")).isZero();
        assertThat(left(node, "ip+client:2001:db8::77+" + client.client().clientId()))
                .isEqualTo(6);
        assertThat(node.admit(client, IpAddress.parse("2001:db8:0:1::1"))
                        .await(5, TimeUnit.SECONDS)
                        .kind())
                .isEqualTo(Verdict.Kind.ADMITTED);
        assertThat(node.admit(client, null).await(5, TimeUnit.SECONDS).isLimited())
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"exact", "leased"})
    void aRedisThatComesBackEmptyGrantsNothingTwice(String mode) throws Exception {
        threeNodes("p by=client limit=600 window=30s mode=" + mode);
        Crowd crowd = Crowd.at(nodes, 20, client);
        await().until(() -> crowd.admitted() >= 300);

        redis.kill();
        TimeUnit.MILLISECONDS.sleep(700);
        redis.startAgain();
        long back = System.nanoTime();
        await().pollInterval(Duration.ofMillis(10))
                .atMost(Duration.ofSeconds(10))
                .until(() -> nodes.stream().noneMatch(node -> node.limits.isDegraded()));
        long took = System.nanoTime() - back;
        TimeUnit.MILLISECONDS.sleep(1_500);
        crowd.end();

        System.out.printf(
                "%s, Redis killed and back empty: %d of 600 (at most 1200), all nodes by Redis again after %d ms%n",
                mode, crowd.admitted(), took / 1_000_000);
        assertThat(crowd.admitted()).isBetween(550, 1200);
        assertThat(took).isLessThan(Duration.ofSeconds(3).toNanos());
    }

    /** Nobody calls meanwhile, so no node uses its share, and one only afterwards: the others tell it unasked, each once. */
    @ParameterizedTest
    @ValueSource(strings = {"exact", "leased"})
    void aRedisThatComesBackEmptyHearsWhatWasAdmittedBefore(String mode) throws Exception {
        threeNodes("p by=client limit=600 window=30s mode=" + mode);
        // Not all: what was told twice would show as too few. A node may have leased what the next one needs, and gives
        // it back.
        AtomicInteger before = new AtomicInteger();
        await().atMost(Duration.ofSeconds(10))
                .pollInterval(Duration.ofMillis(1))
                .until(() -> {
                    for (LimitNode node : nodes) {
                        before.addAndGet(admitted(node, client, 1));
                    }
                    return before.get() >= 420;
                });

        redis.kill();
        await().until(() -> nodes.stream().allMatch(node -> node.limits.isDegraded()));
        redis.startAgain();
        await().until(() -> nodes.stream().noneMatch(node -> node.limits.isDegraded()));
        int after = Crowd.during(Duration.ofSeconds(1), nodes.subList(0, 1), 20, client)
                .endAndSettle()
                .admitted();

        System.out.printf(
                "%s, Redis killed and back empty while nobody calls: %d before, %d after%n", mode, before.get(), after);
        assertThat(before.get() + after).isBetween(570, 600);
    }

    /** Its replica had lost the master's writes, and became the master: nodes tell it as they tell one that has been restarted. */
    @ParameterizedTest
    @ValueSource(strings = {"exact", "leased"})
    void aFailoverToAnEmptyReplicaGrantsNothingTwice(String mode) throws Exception {
        try (RedisSentinels sentinels = new RedisSentinels()) {
            for (int i = 0; i < 3; i++) {
                nodes.add(new LimitNode(sentinels.topology(), prefix, "p by=client limit=600 window=30s mode=" + mode));
            }
            nodes.forEach(LimitNode::up);
            nodes.forEach(node -> node.knowing(3));
            Crowd crowd = Crowd.at(nodes, 20, client);
            await().until(() -> crowd.admitted() >= 300);
            sentinels.emptyReplica();

            sentinels.master().kill();
            await().until(() -> nodes.stream().allMatch(node -> node.limits.isDegraded()));
            await().atMost(Duration.ofSeconds(20))
                    .pollInterval(Duration.ofMillis(10))
                    .until(sentinels::replicaIsNamed);
            long named = System.nanoTime();
            await().pollInterval(Duration.ofMillis(10))
                    .atMost(Duration.ofSeconds(10))
                    .until(() -> nodes.stream().noneMatch(node -> node.limits.isDegraded()));
            long took = System.nanoTime() - named;
            TimeUnit.MILLISECONDS.sleep(1_500);
            crowd.end();
            System.out.printf(
                    "%s, failed over to an empty replica: %d of 600 (at most 1200), all nodes by Redis again %d ms after a Sentinel has named it%n",
                    mode, crowd.admitted(), took / 1_000_000);
            assertThat(crowd.admitted()).isBetween(550, 1200);
            assertThat(took).isLessThan(Duration.ofSeconds(5).toNanos());
        }
    }

    @Test
    void aNodeThatIsCutOffAdmitsItsShareAndTellsItLater() throws Exception {
        try (TcpProxy way = TcpProxy.to("127.0.0.1", redis.port())) {
            String policy = "p by=client limit=300 window=30s mode=exact";
            nodes.add(new LimitNode(redis.port(), prefix, policy).up());
            nodes.add(new LimitNode(redis.port(), prefix, policy).up());
            nodes.add(new LimitNode(way.port(), prefix, policy).up());
            nodes.forEach(node -> node.knowing(3));
            way.cut();
            await().until(() -> nodes.get(2).limits.isDegraded());

            Crowd cutOff = Crowd.during(Duration.ofSeconds(1), nodes.subList(2, 3), 20, client);
            assertThat(cutOff.admitted()).isEqualTo(100);

            way.heal();
            long healed = System.nanoTime();
            await().pollInterval(Duration.ofMillis(10))
                    .until(() -> !nodes.get(2).limits.isDegraded());
            System.out.printf("healed: by Redis again after %d ms%n", (System.nanoTime() - healed) / 1_000_000);
            // It tells what it has admitted, unasked and once.
            String subject = "client:" + client.client().clientId();
            await().until(() -> left(nodes.get(0), subject) == 200);
            Crowd others = Crowd.during(Duration.ofSeconds(1), nodes.subList(0, 2), 20, client)
                    .endAndSettle();
            assertThat(others.admitted()).isEqualTo(200);
            assertThat(nodes.get(2).ask(client)).isEqualTo(Verdict.Kind.REFUSED);

            // Its share is used, however often Redis goes away in a window.
            way.cut();
            await().until(() -> nodes.get(2).limits.isDegraded());
            assertThat(admitted(nodes.get(2), client, 20)).isZero();
        }
    }

    @Test
    void withoutRedisAClosedLimitAdmitsNobody() throws Exception {
        nodes.add(new LimitNode(redis.port(), prefix, "p by=client limit=300 window=30s away=closed").up());
        assertThat(nodes.get(0).ask(client)).isEqualTo(Verdict.Kind.ADMITTED);
        redis.kill();
        await().until(() -> nodes.get(0).limits.isDegraded());

        // What it has leased it may still use, until that ends.
        await().until(() -> nodes.get(0).ask(client) == Verdict.Kind.UNAVAILABLE);
        redis.startAgain();
        await().atMost(Duration.ofSeconds(10)).until(() -> nodes.get(0).ask(client) == Verdict.Kind.ADMITTED);
    }

    /** A Redis that is silent is away after a second only; who cannot wait for that long is told that nobody knows. */
    @ParameterizedTest
    @ValueSource(strings = {"exact", "leased"})
    void aRequestIsAnsweredByItsDeadline(String mode) throws Exception {
        assertThat(soonBesideASilentRedis("p by=client limit=300 window=30s mode=" + mode))
                .isEqualTo(Verdict.Kind.UNAVAILABLE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"exact", "leased"})
    void aShadowIsNotWaitedForBeyondTheDeadline(String mode) throws Exception {
        assertThat(soonBesideASilentRedis("s by=client limit=300 window=30s shadow=true mode=" + mode))
                .isEqualTo(Verdict.Kind.ADMITTED);
    }

    private Verdict.Kind soonBesideASilentRedis(String policy) throws Exception {
        LimitNode node = new LimitNode(redis.port(), prefix, policy).up();
        nodes.add(node);
        redis.signal("STOP");
        Promise<Verdict> verdict = Promise.promise();
        node.vertx.runOnContext(go -> node.limits
                .admit(client, () -> null, Deadline.in(Duration.ofMillis(200)))
                .onComplete(verdict));
        Verdict.Kind kind = verdict.future().await(5, TimeUnit.SECONDS).kind();
        redis.signal("CONT");
        return kind;
    }

    @ParameterizedTest
    @ValueSource(strings = {"exact", "local"})
    void ofSeveralThatRefuseTheLastToAdmitIsToldOf(String mode) throws Exception {
        LimitNode node = new LimitNode(
                        redis.port(),
                        prefix,
                        "minute by=client limit=2 window=1m mode=" + mode,
                        "hour by=client limit=2 window=1h mode=" + mode,
                        "day by=client limit=2 window=1d shadow=true mode=" + mode)
                .up();
        nodes.add(node);
        assertThat(admitted(node, client, 2)).isEqualTo(2);

        assertThat(node.verdict(client).kind()).isEqualTo(Verdict.Kind.REFUSED);
        assertThat(node.verdict(client).retryAfterSeconds()).isBetween(3_000, 3_800);
    }

    private static long left(LimitNode node, String subject) throws Exception {
        return node.limits
                .inspection()
                .standing(subject, null, Deadline.in(Duration.ofSeconds(1)))
                .await(5, TimeUnit.SECONDS)
                .get(0)
                .left();
    }

    private static int admitted(LimitNode node, Decision.Allowed who, int times) throws Exception {
        int admitted = 0;
        for (int i = 0; i < times; i++) {
            admitted += node.ask(who) == Verdict.Kind.ADMITTED ? 1 : 0;
        }
        return admitted;
    }

    private static Rule rule(long limit, long windowMillis) {
        return new Rule.SlidingWindow(limit, Duration.ofMillis(windowMillis));
    }

    private void threeNodes(String... policies) throws Exception {
        for (int i = 0; i < 3; i++) {
            nodes.add(new LimitNode(redis.port(), prefix, policies));
        }
        nodes.forEach(LimitNode::up);
        nodes.forEach(node -> node.knowing(3));
    }
}
