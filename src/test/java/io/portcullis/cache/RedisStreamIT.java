package io.portcullis.cache;

import static io.portcullis.cache.LinkFixture.await;
import static io.portcullis.cache.LinkFixture.failure;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.portcullis.bus.Deadline;
import io.portcullis.testing.RawRedis;
import io.portcullis.testing.RealRedis;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Streams and consumer groups on a real server. */
@Timeout(60)
class RedisStreamIT {

    private static final Deadline NEVER_YET = Deadline.in(Duration.ofMinutes(10));
    private static final Duration BRIEF = Duration.ofMillis(20);
    private static final String STREAM = "stream:test";

    private static Vertx vertx;
    private static RealRedis redis;
    private final List<AutoCloseable> open = new ArrayList<>();
    private LinkFixture link;

    @BeforeAll
    static void start() {
        vertx = Vertx.vertx();
        redis = new RealRedis();
    }

    @AfterAll
    static void stop() {
        redis.close();
        FakePeer.await(vertx.close());
    }

    @BeforeEach
    void connect() {
        redis.command("FLUSHALL");
        // The prefix is for what we cache: it must not get into the name of a stream.
        link = new LinkFixture(
                vertx, LinkFixture.settings(redis.port()).prefix("app").build());
        open.add(link);
        await().until(link::connected);
    }

    @AfterEach
    void closeAll() throws Exception {
        for (int i = open.size() - 1; i >= 0; i--) {
            open.get(i).close();
        }
    }

    private RedisStream stream() {
        return new RedisStream(link.link, STREAM, link.meters);
    }

    private <T extends @Nullable Object> T onStream(Function<RedisStream, Future<T>> work) {
        return FakePeer.await(link.run(() -> work.apply(stream())));
    }

    private <T extends @Nullable Object> T on(Function<StreamGroup, Future<T>> work) {
        return FakePeer.await(inGroup(work));
    }

    private <T extends @Nullable Object> Future<T> inGroup(Function<StreamGroup, Future<T>> work) {
        return link.run(() -> work.apply(stream().group("g")));
    }

    private StreamId add(String value) {
        return onStream(stream -> stream.add(List.of(StreamEntry.Field.of("f", value)), NEVER_YET));
    }

    private List<StreamEntry> read(String consumer, int count) {
        return on(group -> group.readNew(consumer, count, BRIEF, NEVER_YET));
    }

    private List<String> values(List<StreamEntry> entries) {
        return entries.stream()
                .map(entry -> entry.fields().get(0).value().toString())
                .toList();
    }

    private List<PendingEntry> pending(Duration minIdle) {
        return on(group -> group.pending(minIdle, 10, NEVER_YET));
    }

    private Claimed claim(String consumer, Duration minIdle, StreamId... ids) {
        return on(group -> group.claim(consumer, minIdle, List.of(ids), NEVER_YET));
    }

    private @Nullable StreamEntry find(StreamId id) {
        return onStream(stream -> stream.find(id, NEVER_YET));
    }

    private boolean hasGroup() {
        return on(group -> group.standing(NEVER_YET).map(Objects::nonNull));
    }

    private GroupStanding standing() {
        return Objects.requireNonNull(on(group -> group.standing(NEVER_YET)));
    }

    private static String raw(String... words) throws IOException {
        try (RawRedis raw = redis.raw()) {
            return raw.command(words);
        }
    }

    @Test
    void aGroupIsMadeOnceAndIsGivenWhatWasThereBefore() throws IOException {
        add("before");
        assertThat((boolean) on(group -> group.create(NEVER_YET))).isTrue();
        assertThat((boolean) on(group -> group.create(NEVER_YET))).isFalse();
        assertThat(raw("EXISTS", STREAM)).isEqualTo("1");
        assertThat(values(read("a", 10))).containsExactly("before");
        assertThat(read("a", 10)).as("given once").isEmpty();
    }

    @Test
    void aGroupIsMadeWithItsStream() {
        on(group -> group.create(NEVER_YET));
        assertThat((long) onStream(stream -> stream.length(NEVER_YET))).isZero();
        add("x");
        assertThat(values(read("a", 10))).containsExactly("x");
    }

    @Test
    void fieldsAreAnyBytesInTheirOrder() {
        byte[] bytes = new byte[256];
        for (int i = 0; i < 256; i++) {
            bytes[i] = (byte) i;
        }
        List<StreamEntry.Field> fields = List.of(
                new StreamEntry.Field(Buffer.buffer(bytes), Buffer.buffer()),
                new StreamEntry.Field(Buffer.buffer(), Buffer.buffer(bytes)),
                StreamEntry.Field.of("twice", "1"),
                StreamEntry.Field.of("twice", "2"));
        StreamId id = onStream(stream -> stream.add(fields, NEVER_YET));
        assertThat(find(id)).isEqualTo(new StreamEntry(id, fields));
        on(group -> group.create(NEVER_YET));
        assertThat(read("a", 1)).containsExactly(new StreamEntry(id, fields));
        assertThat(new StreamEntry(id, fields).toString()).doesNotContain("twice");
    }

    @Test
    void aReadWaitsForWhatComes() {
        on(group -> group.create(NEVER_YET));
        Future<List<StreamEntry>> waiting = inGroup(group -> group.readNew("a", 10, Duration.ofSeconds(1), NEVER_YET));
        redis.command("XADD", STREAM, "*", "f", "late");
        assertThat(values(FakePeer.await(waiting))).containsExactly("late");
    }

    @Test
    void whatWasReadIsPendingUntilItIsAcknowledged() {
        on(group -> group.create(NEVER_YET));
        StreamId first = add("1");
        StreamId second = add("2");
        read("a", 10);
        List<PendingEntry> pending = pending(Duration.ZERO);
        assertThat(pending).extracting(PendingEntry::id).containsExactly(first, second);
        assertThat(pending).allSatisfy(one -> {
            assertThat(one.consumer()).isEqualTo("a");
            assertThat(one.deliveries()).isEqualTo(1);
        });
        assertThat(pending(Duration.ofHours(1))).isEmpty();
        assertThat((long) on(group -> group.acknowledge(List.of(first), NEVER_YET)))
                .isEqualTo(1);
        assertThat((long) on(group -> group.acknowledge(List.of(first), NEVER_YET)))
                .isZero();
        assertThat(pending(Duration.ZERO)).extracting(PendingEntry::id).containsExactly(second);
    }

    @Test
    void whatAnotherHoldsIsClaimedAndCounted() {
        on(group -> group.create(NEVER_YET));
        StreamId id = add("1");
        read("dead", 10);
        Claimed claimed = on(group -> group.claim("a", Duration.ZERO, List.of(id), NEVER_YET));
        assertThat(values(claimed.entries())).containsExactly("1");
        assertThat(claimed.gone()).isEmpty();
        PendingEntry pending = pending(Duration.ZERO).get(0);
        assertThat(pending.consumer()).isEqualTo("a");
        assertThat(pending.deliveries()).isEqualTo(2);
        assertThat(claim("b", Duration.ofHours(1), id))
                .as("given to a a moment ago, and still there")
                .isEqualTo(new Claimed(List.of(), List.of()));
    }

    @Test
    void whatWasTrimmedWhilePendingIsNamed() throws IOException {
        on(group -> group.create(NEVER_YET));
        StreamId gone = add("1");
        StreamId deleted = add("2");
        StreamId there = add("3");
        read("dead", 10);
        raw("XTRIM", STREAM, "MAXLEN", "2");
        raw("XDEL", STREAM, deleted.toString());
        Claimed claimed = on(group -> group.claim("a", Duration.ZERO, List.of(gone, deleted, there), NEVER_YET));
        assertThat(values(claimed.entries())).containsExactly("3");
        assertThat(claimed.gone()).containsExactly(gone, deleted);
    }

    @Test
    void aFlushLeavesNoGroupAndIsTold() {
        on(group -> group.create(NEVER_YET));
        StreamId id = add("1");
        read("a", 10);
        redis.command("FLUSHALL");
        List<Future<?>> refused = List.of(
                inGroup(group -> group.readNew("a", 10, BRIEF, NEVER_YET)),
                inGroup(group -> group.pending(Duration.ZERO, 10, NEVER_YET)),
                inGroup(group -> group.claim("a", Duration.ZERO, List.of(id), NEVER_YET)));
        refused.forEach(one -> assertThat(StreamGroup.isMissing(failure(one))).isTrue());
        assertThat(hasGroup()).isFalse();
        assertThat((long) on(group -> group.acknowledge(List.of(id), NEVER_YET)))
                .isZero();
    }

    @Test
    void aStreamThatGoesWhileItIsReadIsTold() {
        on(group -> group.create(NEVER_YET));
        Future<List<StreamEntry>> waiting = inGroup(group -> group.readNew("a", 10, Duration.ofSeconds(1), NEVER_YET));
        redis.command("DEL", STREAM);
        assertThat(failure(waiting)).isInstanceOf(RedisFailure.Refused.class);
    }

    @Test
    void anotherTypeUnderTheNameIsRefused() {
        redis.command("SET", STREAM, "x");
        assertThat(failure(inGroup(group -> group.create(NEVER_YET))))
                .isInstanceOfSatisfying(
                        RedisFailure.Refused.class,
                        why -> assertThat(why.code()).isEqualTo("WRONGTYPE"));
        assertThat(hasGroup()).isFalse();
    }

    @Test
    void aStreamIsPagedThroughAndEntriesAreTakenOut() {
        StreamId first = add("1");
        StreamId second = add("2");
        StreamId third = add("3");
        assertThat(values(onStream(stream -> stream.after(StreamId.NONE, 2, NEVER_YET))))
                .containsExactly("1", "2");
        assertThat(values(onStream(stream -> stream.after(second, 2, NEVER_YET))))
                .containsExactly("3");
        assertThat((long) onStream(stream -> stream.remove(List.of(first, third, first), NEVER_YET)))
                .isEqualTo(2);
        assertThat(find(first)).isNull();
        assertThat((long) onStream(stream -> stream.length(NEVER_YET))).isEqualTo(1);
    }

    @Test
    void aBoundedStreamForgetsItsOldest() {
        for (int i = 0; i < 300; i++) {
            onStream(stream -> stream.addWithin(100, List.of(StreamEntry.Field.of("f", "x")), NEVER_YET));
        }
        assertThat((long) onStream(stream -> stream.length(NEVER_YET))).isBetween(100L, 200L);
    }

    // --- where a group stands

    @Test
    void theStandingCountsWhatIsUnreadAndPending() {
        on(group -> group.create(NEVER_YET));
        assertThat(standing().behind()).isZero();
        assertThat(standing().oldestAgeMillis()).isZero();
        StreamId first = add("1");
        StreamId second = add("2");
        GroupStanding unread = standing();
        assertThat(unread.behind()).isEqualTo(2);
        assertThat(unread.oldestUnread()).isEqualTo(first);
        assertThat(unread.oldestPending()).isNull();
        read("a", 1);
        GroupStanding half = standing();
        assertThat(half.behind()).isEqualTo(1);
        assertThat(half.pending()).isEqualTo(1);
        assertThat(half.oldestPending()).isEqualTo(first);
        assertThat(half.oldestUnread()).isEqualTo(second);
        assertThat(half.lastDelivered()).isEqualTo(first);
        assertThat(half.length()).isEqualTo(2);
        await().until(() -> standing().oldestAgeMillis() > 10);
        read("a", 1);
        on(group -> group.acknowledge(List.of(first, second), NEVER_YET));
        GroupStanding done = standing();
        assertThat(done.behind()).isZero();
        assertThat(done.pending()).isZero();
        assertThat(done.oldestAgeMillis()).isZero();
        assertThat(done.lost()).isZero();
    }

    @Test
    void whatWasTrimmedUnreadIsToldOnceAndTheLagStaysTrue() throws IOException {
        on(group -> group.create(NEVER_YET));
        add("0");
        read("a", 10);
        for (int i = 1; i <= 10; i++) {
            add("" + i);
        }
        raw("XTRIM", STREAM, "MAXLEN", "4");
        GroupStanding seen = standing();
        assertThat(seen.lost()).isEqualTo(6);
        assertThat(seen.behind()).isEqualTo(4);
        assertThat(standing().lost()).as("told once").isZero();
        assertThat(values(read("a", 2))).containsExactly("7", "8");
        assertThat(standing().behind()).isEqualTo(2);
        read("a", 10);
        assertThat(standing()).satisfies(end -> {
            assertThat(end.lost()).isZero();
            assertThat(end.behind()).isZero();
        });
    }

    /** Trimmed between two looks, and read on since: only the counters still show it. */
    @Test
    void whatWasTrimmedUnreadIsToldAlsoWhenOthersWereReadSince() throws IOException {
        on(group -> group.create(NEVER_YET));
        add("0");
        read("a", 10);
        for (int i = 1; i <= 10; i++) {
            add("" + i);
        }
        raw("XTRIM", STREAM, "MAXLEN", "4");
        assertThat(read("a", 10)).hasSize(4);
        assertThat(standing().lost()).isEqualTo(6);
        assertThat(standing().lost()).isZero();
    }

    @Test
    void aStreamThatWasEmptiedUnreadIsTold() throws IOException {
        on(group -> group.create(NEVER_YET));
        add("0");
        read("a", 10);
        add("1");
        add("2");
        raw("XTRIM", STREAM, "MAXLEN", "0");
        assertThat(standing().lost()).isEqualTo(2);
        add("3");
        assertThat(standing()).satisfies(seen -> {
            assertThat(seen.lost()).isZero();
            assertThat(seen.behind()).isEqualTo(1);
        });
    }

    @Test
    void trimmingWhatWasReadIsNoLoss() throws IOException {
        on(group -> group.create(NEVER_YET));
        for (int i = 0; i < 10; i++) {
            add("" + i);
        }
        read("a", 10);
        raw("XTRIM", STREAM, "MAXLEN", "4");
        assertThat(standing().lost()).isZero();
        raw("XTRIM", STREAM, "MAXLEN", "0");
        assertThat(standing().lost()).isZero();
        add("next");
        read("a", 10);
        assertThat(standing().lost()).isZero();
    }

    // --- consumers

    @Test
    void aConsumerIsRemovedOnlyWhenNothingIsPendingForIt() throws IOException {
        on(group -> group.create(NEVER_YET));
        StreamId id = add("1");
        read("a", 10);
        assertThat((boolean) on(group -> group.removeConsumer("a", NEVER_YET))).isFalse();
        on(group -> group.acknowledge(List.of(id), NEVER_YET));
        assertThat((boolean) on(group -> group.removeConsumer("a", NEVER_YET))).isTrue();
        assertThat((boolean) on(group -> group.removeConsumer("a", NEVER_YET))).isFalse();
    }

    /** A server makes a consumer when it gives it something. */
    @Test
    void idleConsumersGoAndThoseWithSomethingPendingStay() {
        on(group -> group.create(NEVER_YET));
        add("1");
        read("holds", 10);
        StreamId done = add("2");
        read("idle", 10);
        on(group -> group.acknowledge(List.of(done), NEVER_YET));
        assertThat((long) on(group -> group.removeIdleConsumers(Duration.ofHours(1), NEVER_YET)))
                .isZero();
        assertThat((long) on(group -> group.removeIdleConsumers(Duration.ZERO, NEVER_YET)))
                .isEqualTo(1);
        assertThat((boolean) on(group -> group.removeConsumer("idle", NEVER_YET)))
                .isFalse();
        assertThat(pending(Duration.ZERO)).hasSize(1);
    }

    // --- limits

    @Test
    void aReadThatWouldWaitForEverIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> stream().group("g").readNew("a", 1, Duration.ZERO, NEVER_YET));
    }

    @Test
    void theLongestWaitIsWellWithinTheLimitOfACommand() {
        assertThat(links(Duration.ofSeconds(3)).longestBlock()).isEqualTo(Duration.ofSeconds(1));
        assertThat(links(Duration.ofMillis(500)).longestBlock()).isEqualTo(Duration.ofMillis(250));
        assertThat(links(Duration.ofMillis(1)).longestBlock()).isEqualTo(Duration.ofMillis(1));
    }

    private static RedisLinks links(Duration commandTimeout) {
        return new RedisLinks(
                LinkFixture.settings(1)
                        .times(Duration.ofSeconds(1), commandTimeout)
                        .build(),
                RedisMeters.none());
    }

    @Test
    void aRedisThatIsAwayIsNamedAndComesBack() {
        try (RealRedis own = new RealRedis();
                LinkFixture away =
                        new LinkFixture(vertx, LinkFixture.settings(own.port()).build())) {
            await().until(away::connected);
            Future<List<StreamEntry>> waiting = away.run(() -> new RedisStream(away.link, STREAM, away.meters)
                    .group("g")
                    .create(NEVER_YET)
                    .compose(made -> new RedisStream(away.link, STREAM, away.meters)
                            .group("g")
                            .readNew("a", 1, Duration.ofSeconds(1), NEVER_YET)));
            await().until(() -> away.links.active() == 1);
            own.kill();
            assertThat(failure(waiting)).isInstanceOf(RedisFailure.class);
            own.startAgain();
            await().atMost(Duration.ofSeconds(10)).until(away::connected);
            assertThat(StreamGroup.isMissing(failure(away.run(() -> new RedisStream(away.link, STREAM, away.meters)
                            .group("g")
                            .readNew("a", 1, BRIEF, NEVER_YET)))))
                    .isTrue();
        }
    }

    // --- shapes

    @Test
    void namesOfEntriesAreReadAsRedisWritesThem() {
        assertThat(StreamId.parse("1-2")).isEqualTo(new StreamId(1, 2));
        assertThat(StreamId.parse("18446744073709551615-18446744073709551615"))
                .hasToString("18446744073709551615-18446744073709551615");
        for (String wrong :
                List.of("", "1", "-", "1-", "-1", "01-1", "1-18446744073709551616", "1-2-3", "a-1", "1-1\n")) {
            assertThat(StreamId.parse(wrong)).as(wrong).isNull();
        }
        assertThat(new StreamId(-1, 0)).as("unsigned").isGreaterThan(new StreamId(1, 0));
        assertThat(new StreamId(1, -1)).isGreaterThan(new StreamId(1, 1));
    }

    /** No Redis says such things. Who does has lost count of the answers, or is none. */
    @Test
    void answersOfAnotherShapeCostTheConnection() {
        for (String answer : List.of(
                ":1\r\n",
                "*1\r\n:1\r\n",
                "*1\r\n*2\r\n$1\r\ns\r\n:1\r\n",
                "*1\r\n*2\r\n$1\r\ns\r\n*1\r\n*2\r\n$1\r\nx\r\n*0\r\n",
                "*1\r\n*2\r\n$1\r\ns\r\n*1\r\n*2\r\n$3\r\n1-1\r\n*1\r\n$1\r\na\r\n",
                "*1\r\n*2\r\n$1\r\ns\r\n*1\r\n*2\r\n$3\r\n1-1\r\n*2\r\n$1\r\na\r\n:1\r\n")) {
            try (FakePeer peer = new FakePeer(vertx, asked -> asked.answer(answer));
                    LinkFixture odd = new LinkFixture(
                            vertx, LinkFixture.settings(peer.port()).build())) {
                await().until(odd::connected);
                assertThat(failure(odd.run(() -> new RedisStream(odd.link, "s", odd.meters)
                                .group("g")
                                .readNew("a", 1, BRIEF, NEVER_YET))))
                        .as(answer)
                        .isInstanceOf(RedisFailure.Garbled.class);
            }
        }
    }

    /** As Redis 6 answers about what was trimmed: nothing in place of the entry, or of its fields. */
    @Test
    void entriesWithoutFieldsAreGone() {
        String answer = "*3\r\n*-1\r\n*2\r\n$3\r\n1-1\r\n*-1\r\n*2\r\n$3\r\n1-2\r\n*2\r\n$1\r\na\r\n$0\r\n\r\n";
        try (FakePeer peer =
                        new FakePeer(vertx, asked -> asked.answer(asked.name().equals("XCLAIM") ? answer : "*0\r\n"));
                LinkFixture old =
                        new LinkFixture(vertx, LinkFixture.settings(peer.port()).build())) {
            await().until(old::connected);
            List<StreamId> asked = List.of(new StreamId(1, 0), new StreamId(1, 1), new StreamId(1, 2));
            Claimed claimed = FakePeer.await(old.run(
                    () -> new RedisStream(old.link, "s", old.meters).group("g").claim("a", BRIEF, asked, NEVER_YET)));
            assertThat(claimed.entries()).extracting(StreamEntry::id).containsExactly(new StreamId(1, 2));
            assertThat(claimed.gone()).containsExactly(new StreamId(1, 0), new StreamId(1, 1));
        }
    }
}
