package io.portcullis.cache;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class WriteBehindTest {

    private final Store store = new Store();

    @Test
    void whatIsPutIsMergedByKeyAndWrittenByTheFlush() {
        WriteBehind<String, Long> behind = new WriteBehind<>(10, 10, Long::sum, store);

        behind.put("a", 1L);
        behind.put("b", 2L);
        behind.put("a", 3L);

        assertThat(store.written).isEmpty();
        assertThat(behind.flush().succeeded()).isTrue();
        assertThat(store.written).containsExactlyInAnyOrderEntriesOf(Map.of("a", 4L, "b", 2L));
        assertThat(behind.size()).isZero();
        assertThat(behind.flush().succeeded()).isTrue();
        assertThat(store.numbers).as("nothing is no batch").containsExactly(1L);
    }

    @Test
    void whatWasPutFirstIsMergedBeforeWhatWasPutLater() {
        List<Map<String, String>> written = new ArrayList<>();
        WriteBehind<String, String> behind = new WriteBehind<>(10, 10, String::concat, (number, batch) -> {
            written.add(batch);
            return Future.succeededFuture();
        });

        behind.put("a", "1");
        behind.put("a", "2");
        behind.put("a", "3");
        behind.flush();

        assertThat(written).containsExactly(Map.of("a", "123"));
    }

    @Test
    void aFlushWritesBatchAfterBatch() {
        WriteBehind<Integer, Long> behind = new WriteBehind<>(100, 10, Long::sum, new Store2(store));

        for (int key = 0; key < 25; key++) {
            behind.put(key, 1L);
        }
        behind.flush();

        assertThat(store.sizes).containsExactly(10, 10, 5);
        assertThat(store.written).hasSize(25);
    }

    @Test
    void beyondTheBoundNewKeysAreDroppedAndCountedAndThoseHeldGoOn() {
        WriteBehind<String, Long> behind = new WriteBehind<>(2, 10, Long::sum, store);

        assertThat(behind.put("a", 1L)).isTrue();
        assertThat(behind.put("b", 1L)).isTrue();
        assertThat(behind.put("c", 1L)).isFalse();
        assertThat(behind.put("a", 1L)).isTrue();

        assertThat(behind.dropped()).isEqualTo(1);
        assertThat(behind.size()).isEqualTo(2);
        behind.flush();
        assertThat(store.written).containsExactlyInAnyOrderEntriesOf(Map.of("a", 2L, "b", 1L));
        assertThat(behind.put("c", 1L)).as("there is room again").isTrue();
    }

    @Test
    void keysOfAWriteThatIsUnderWayTakePartOfTheRoom() {
        store.answers = Promise.promise();
        WriteBehind<String, Long> behind = new WriteBehind<>(2, 10, Long::sum, store);
        behind.put("a", 1L);
        behind.put("b", 1L);
        behind.flush();

        assertThat(behind.put("c", 1L)).isFalse();
        assertThat(behind.put("a", 1L)).as("is held already").isTrue();
        assertThat(behind.size()).isEqualTo(2);
    }

    @Test
    void oneFlushIsUnderWayAtATime() {
        Promise<Void> answers = Promise.promise();
        store.answers = answers;
        WriteBehind<String, Long> behind = new WriteBehind<>(10, 10, Long::sum, store);
        behind.put("a", 1L);
        Future<Void> first = behind.flush();
        behind.put("b", 1L);

        assertThat(behind.flush()).isSameAs(first);
        assertThat(store.numbers).containsExactly(1L);

        store.answers = null;
        answers.complete();
        assertThat(first.succeeded()).isTrue();
        assertThat(store.written).as("waits for its own flush").containsOnlyKeys("a");
        behind.flush();
        assertThat(store.written).containsOnlyKeys("a", "b");
    }

    @Test
    void aBatchThatFailedComesAgainAsItWasBeforeAllOthers() {
        WriteBehind<String, Long> behind = new WriteBehind<>(10, 10, Long::sum, store);
        behind.put("a", 1L);
        // Written, and the answer is lost.
        store.failAfter = true;
        assertThat(behind.flush().failed()).isTrue();
        behind.put("a", 1L);
        behind.put("b", 1L);
        assertThat(behind.size()).isEqualTo(2);

        store.failAfter = false;
        behind.flush();

        assertThat(store.numbers).containsExactly(1L, 1L, 2L);
        assertThat(store.written).containsExactlyInAnyOrderEntriesOf(Map.of("a", 2L, "b", 1L));
    }

    @Test
    void aSinkThatThrowsHasFailed() {
        WriteBehind<String, Long> behind = new WriteBehind<>(10, 10, Long::sum, (number, batch) -> {
            throw new IllegalStateException("no");
        });
        behind.put("a", 1L);

        assertThat(behind.flush().failed()).isTrue();
        assertThat(behind.flush().failed()).as("it can be tried again").isTrue();
        assertThat(behind.size()).isEqualTo(1);
    }

    /** Whatever fails when: the sum of what is written, held and dropped is that of what was put, and no bound is passed. */
    @RepeatedTest(200)
    void nothingIsLostAndNothingIsWrittenTwice(RepetitionInfo repetition) {
        Random random = new Random(repetition.getCurrentRepetition());
        int mostKeys = 1 + random.nextInt(12);
        int batchSize = 1 + random.nextInt(6);
        WriteBehind<String, Long> behind = new WriteBehind<>(mostKeys, batchSize, Long::sum, store);
        Map<String, Long> put = new HashMap<>();
        long drops = 0;
        for (int step = 0; step < 200; step++) {
            int what = random.nextInt(10);
            if (what < 7) {
                String key = "k" + random.nextInt(16);
                if (behind.put(key, 1L)) {
                    put.merge(key, 1L, Long::sum);
                } else {
                    drops++;
                    assertThat(behind.size()).isEqualTo(mostKeys);
                }
            } else if (what < 9) {
                store.failAfter = random.nextInt(3) == 0;
                store.failBefore = random.nextInt(3) == 0;
                store.hangs = random.nextInt(3) == 0;
                behind.flush();
            } else {
                store.settle(random.nextBoolean());
            }
            assertThat(behind.size()).isLessThanOrEqualTo(mostKeys);
        }
        store.failAfter = false;
        store.failBefore = false;
        store.hangs = false;
        store.settle(false);
        behind.flush();
        behind.flush();

        assertThat(store.written).isEqualTo(put);
        assertThat(behind.dropped()).isEqualTo(drops);
        assertThat(behind.size()).isZero();
        assertThat(store.sizes).allMatch(size -> size <= batchSize);
    }

    @Test
    void whatManyThreadsPutIsThere() throws Exception {
        WriteBehind<String, Long> behind = new WriteBehind<>(100, 7, Long::sum, store);
        ExecutorService threads = Executors.newFixedThreadPool(4);
        for (int thread = 0; thread < 4; thread++) {
            threads.execute(() -> {
                for (int i = 0; i < 20_000; i++) {
                    behind.put("k" + i % 50, 1L);
                    if (i % 100 == 0) {
                        behind.flush();
                    }
                }
            });
        }
        threads.shutdown();
        assertThat(threads.awaitTermination(20, TimeUnit.SECONDS)).isTrue();
        behind.flush();

        assertThat(store.written.values().stream().mapToLong(Long::longValue).sum())
                .isEqualTo(80_000);
        assertThat(behind.dropped()).isZero();
    }

    /** Where it goes: keeps the highest number, as PostgreSQL does, and fails before or after it has written. */
    private static final class Store implements WriteBehind.Sink<String, Long> {
        private final Map<String, Long> written = new HashMap<>();
        private final List<Long> numbers = new ArrayList<>();
        private final List<Integer> sizes = new ArrayList<>();
        private long highest;
        private boolean failBefore;
        private boolean failAfter;
        private boolean hangs;
        private @Nullable Promise<Void> answers;
        private Runnable hanging = () -> {};

        @Override
        public synchronized Future<?> write(long number, Map<String, Long> batch) {
            numbers.add(number);
            sizes.add(batch.size());
            if (failBefore) {
                return Future.failedFuture("before");
            }
            if (number > highest) {
                highest = number;
                batch.forEach((key, value) -> written.merge(key, value, Long::sum));
            }
            if (failAfter) {
                return Future.failedFuture("after");
            }
            if (answers != null) {
                return answers.future();
            }
            if (hangs) {
                Promise<Void> later = Promise.promise();
                hanging = () -> later.tryComplete();
                return later.future();
            }
            return Future.succeededFuture();
        }

        void settle(boolean hangsAgain) {
            hangs = hangsAgain;
            hanging.run();
        }
    }

    /** The same for keys of another kind. */
    private record Store2(Store store) implements WriteBehind.Sink<Integer, Long> {
        @Override
        public Future<?> write(long number, Map<Integer, Long> batch) {
            Map<String, Long> named = new HashMap<>();
            batch.forEach((key, value) -> named.put("k" + key, value));
            return store.write(number, named);
        }
    }
}
