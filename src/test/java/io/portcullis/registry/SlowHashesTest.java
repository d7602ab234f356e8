package io.portcullis.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.portcullis.auth.Fingerprint;
import io.portcullis.auth.SlowHash;
import io.portcullis.bus.Deadline;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class SlowHashesTest {

    private static final SlowHash BCRYPT = hash("$2b$10$" + "a".repeat(53));
    private static final SlowHash OTHER = hash("$2b$10$" + "b".repeat(53));
    private static final SlowHash ARGON = argon(1024);

    /** What was given to the threads and not yet begun. */
    private final Queue<Runnable> given = new ArrayDeque<>();

    private final List<String> done = new ArrayList<>();
    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    private int fingerprints;

    @Test
    void aSecretIsCheckedOnAnotherThread() {
        SlowHashes hashes = hashes(2, 10);

        Future<Boolean> right = ask(hashes, "a", "right");
        Future<Boolean> wrong = ask(hashes, "b", "wrong");
        assertThat(right.isComplete()).isFalse();
        work();

        assertThat(right.result()).isTrue();
        assertThat(wrong.result()).isFalse();
        assertThat(count("matched")).isEqualTo(1);
        assertThat(count("mismatched")).isEqualTo(1);
    }

    @Test
    void noMoreAreUnderWayThanThereAreThreads() {
        SlowHashes hashes = hashes(2, 10);

        for (String client : new String[] {"a", "b", "c", "d"}) {
            ask(hashes, client, "right");
        }

        assertThat(given).hasSize(2);
        work();
        assertThat(done).hasSize(4);
    }

    @Test
    void beyondTheQueueItIsTooMuchAtOnce() {
        SlowHashes hashes = hashes(1, 2);
        ask(hashes, "a", "1");
        ask(hashes, "b", "2");
        ask(hashes, "c", "3");

        Future<Boolean> fourth = ask(hashes, "d", "4");

        assertThat(fourth.cause()).isInstanceOf(RegistryException.Overloaded.class);
        assertThat(count("refused")).isEqualTo(1);
        work();
        assertThat(ask(hashes, "d", "4").isComplete()).isFalse();
    }

    @Test
    void aClientHasOneUnderWayAndFewWaiting() {
        SlowHashes hashes = hashes(2, 100);
        List<Future<Boolean>> guesses = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            guesses.add(ask(hashes, "victim", "guess " + i));
        }
        Future<Boolean> other = ask(hashes, "other", "right");

        assertThat(given).hasSize(2);
        assertThat(guesses).filteredOn(Future::failed).hasSize(50 - SlowHashes.MOST_OF_A_CLIENT);
        given.remove();
        given.remove().run();
        assertThat(other.result()).isTrue();
    }

    @Test
    void theSameSecretAtTheSameTimeIsCheckedOnce() {
        SlowHashes hashes = hashes(1, 10);
        Fingerprint same = new Fingerprint(7, 7);

        List<Future<Boolean>> asked = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            asked.add(hashes.matches(same, "a", "right", BCRYPT, soon()));
        }
        Future<Boolean> otherHash = hashes.matches(same, "a", "right", OTHER, soon());
        work();

        assertThat(asked).allMatch(Future::result);
        assertThat(otherHash.result()).isTrue();
        assertThat(done).hasSize(2);
    }

    @Test
    void whatNobodyWaitsForIsNotBegun() {
        SlowHashes hashes = hashes(1, 1);
        ask(hashes, "a", "first");
        Future<Boolean> late = hashes.matches(next(), "b", "right", BCRYPT, past());

        // Its place in the queue is free for somebody who still waits.
        Future<Boolean> third = ask(hashes, "c", "right");
        assertThat(late.cause()).isInstanceOf(RegistryException.Overloaded.class);
        work();

        assertThat(third.result()).isTrue();
        assertThat(done).containsExactly("first", "right");
        assertThat(count("dropped")).isEqualTo(1);
    }

    @Test
    void whatIsGivenUpBeforeAThreadComesToItIsNotBegunEither() {
        SlowHashes hashes = hashes(1, 1);

        Future<Boolean> late = hashes.matches(next(), "b", "right", BCRYPT, past());
        work();

        assertThat(late.cause()).isInstanceOf(RegistryException.Overloaded.class);
        assertThat(done).isEmpty();
    }

    @Test
    void memoryIsBoundedOverAllThatIsUnderWay() {
        SlowHashes hashes = new SlowHashes(
                new SlowHashes.Limits(8, 100, 2048), given::add, (hash, secret) -> done.add(secret), metrics);

        for (int i = 0; i < 5; i++) {
            hashes.matches(next(), "client " + i, "s" + i, ARGON, soon());
        }

        assertThat(given).hasSize(2);
        work();
        assertThat(done).hasSize(5);
        assertThat(hashes.affords(ARGON)).isTrue();
        assertThat(hashes.affords(argon(4096))).isFalse();
    }

    @Test
    void whatIsPretendedTakesTheWorkThatWasSeenLastAndSaysNo() {
        List<SlowHash> computed = new ArrayList<>();
        SlowHashes hashes = new SlowHashes(
                new SlowHashes.Limits(1, 100, 2048),
                given::add,
                (hash, secret) -> {
                    computed.add(hash);
                    return true;
                },
                metrics);
        assertThat(hashes.pretend(next(), "x", "right", soon()).result()).isFalse();

        hashes.matches(next(), "a", "right", BCRYPT, soon());
        hashes.matches(next(), "b", "right", ARGON, soon());
        Future<Boolean> pretended = hashes.pretend(next(), "x", "right", soon());
        assertThat(pretended.isComplete()).isFalse();
        work();

        assertThat(pretended.result()).isFalse();
        assertThat(computed).containsExactly(BCRYPT, ARGON, ARGON);
        assertThat(count("pretended")).isEqualTo(1);
    }

    @Test
    void aCheckThatFailsLetsTheOthersThrough() {
        SlowHashes hashes = new SlowHashes(
                new SlowHashes.Limits(1, 100, 2048),
                given::add,
                (hash, secret) -> {
                    if (secret.equals("bad")) {
                        throw new OutOfMemoryError("made up");
                    }
                    return true;
                },
                metrics);

        Future<Boolean> bad = ask(hashes, "a", "bad");
        Future<Boolean> next = ask(hashes, "a", "good");
        work();

        assertThat(bad.cause()).isInstanceOf(RegistryException.Overloaded.class);
        assertThat(next.result()).isTrue();
        assertThat(count("failed")).isEqualTo(1);
    }

    @Test
    void theAnswerComesOnTheAskersContextAndByHisDeadline() throws Exception {
        Vertx vertx = Vertx.vertx();
        ExecutorService threads = Executors.newSingleThreadExecutor();
        CountDownLatch hang = new CountDownLatch(1);
        SlowHashes hashes = new SlowHashes(
                new SlowHashes.Limits(1, 10, 2048),
                threads,
                (hash, secret) -> {
                    try {
                        return !secret.equals("hang") || hang.await(1, TimeUnit.MINUTES);
                    } catch (InterruptedException e) {
                        return false;
                    }
                },
                metrics);
        try {
            List<Thread> answered = new ArrayList<>();
            CountDownLatch both = new CountDownLatch(2);
            vertx.runOnContext(started -> {
                Thread loop = Thread.currentThread();
                Deadline early = Deadline.in(Duration.ofMillis(50));
                ask(hashes, "a", "right").onComplete(result -> {
                    answered.add(Thread.currentThread() == loop ? null : Thread.currentThread());
                    both.countDown();
                });
                hashes.matches(next(), "b", "hang", BCRYPT, early).onFailure(late -> {
                    answered.add(late instanceof RegistryException.Overloaded ? null : Thread.currentThread());
                    both.countDown();
                });
            });

            assertThat(both.await(10, TimeUnit.SECONDS)).isTrue();
            assertThat(answered).containsExactly(null, null);
        } finally {
            hang.countDown();
            threads.shutdownNow();
            vertx.close();
        }
    }

    private SlowHashes hashes(int threads, int waiting) {
        return new SlowHashes(
                new SlowHashes.Limits(threads, waiting, 1024),
                given::add,
                (hash, secret) -> {
                    done.add(secret);
                    return secret.equals("right");
                },
                metrics);
    }

    private Future<Boolean> ask(SlowHashes hashes, String client, String secret) {
        return hashes.matches(next(), client, secret, BCRYPT, soon());
    }

    private void work() {
        while (!given.isEmpty()) {
            given.remove().run();
        }
    }

    private Fingerprint next() {
        return new Fingerprint(1, fingerprints++);
    }

    private double count(String result) {
        return metrics.get("slow_hashes").tag("result", result).counter().count();
    }

    private static Deadline soon() {
        return Deadline.in(Duration.ofMinutes(1));
    }

    private static Deadline past() {
        return Deadline.in(Duration.ofMillis(-1));
    }

    private static SlowHash argon(int memory) {
        return hash("$argon2id$v=19$m=" + memory + ",t=1,p=1$c29tZXNhbHQ$" + "A".repeat(43));
    }

    private static SlowHash hash(String text) {
        return Objects.requireNonNull(SlowHash.parse(text));
    }
}
