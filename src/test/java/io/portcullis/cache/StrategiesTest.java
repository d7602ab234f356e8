package io.portcullis.cache;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.bus.Deadline;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Read-through, write-through and write-around, each before a store that is a map. */
class StrategiesTest {

    private static final Deadline LATER = Deadline.in(Duration.ofMinutes(10));
    private static final Duration LIMIT = Duration.ofSeconds(1);

    private final Map<String, String> store = new HashMap<>(Map.of("a", "of the store"));
    private final Map<String, String> kept = new HashMap<>();
    private final List<String> done = new ArrayList<>();
    private @Nullable Future<Void> broken;

    private final ReadThrough<String, Map.Entry<String, String>> reads = new ReadThrough<>(
            new Tier<>() {
                @Override
                public Future<Map.@Nullable Entry<String, String>> get(String key, Deadline deadline) {
                    return broken().map(
                                    none -> kept.containsKey(key) ? Map.entry(key, kept.getOrDefault(key, "")) : null);
                }

                @Override
                public Future<?> put(Map.Entry<String, String> value, Deadline deadline) {
                    return broken().onSuccess(none -> {
                        done.add("put");
                        kept.put(value.getKey(), value.getValue());
                    });
                }
            },
            (key, deadline) -> {
                done.add("read");
                String found = store.get(key);
                return found == null ? Future.failedFuture("no source") : Future.succeededFuture(Map.entry(key, found));
            });

    private final Kept<String> cache = new Kept<>() {
        @Override
        public Future<?> renew(String name, Deadline deadline) {
            return reads.renew(name, deadline);
        }

        @Override
        public Future<?> drop(String name, Deadline deadline) {
            done.add("drop");
            kept.remove(name);
            return broken();
        }
    };
    private final WriteThrough<String, String> through = new WriteThrough<>(cache, LIMIT, () -> done.add("not told"));
    private final WriteAround<String, String> around = new WriteAround<>(cache, LIMIT, () -> done.add("not told"));

    @Test
    void theSourceIsReadOnceAndThenTheTier() {
        assertThat(reads.get("a", LATER).result().getValue()).isEqualTo("of the store");
        store.put("a", "changed");

        assertThat(reads.get("a", LATER).result().getValue()).isEqualTo("of the store");
        assertThat(done).containsExactly("read", "put");
        assertThat(reads.past("a", LATER).result().getValue()).isEqualTo("changed");
        assertThat(reads.get("a", LATER).result().getValue()).isEqualTo("changed");
    }

    @Test
    void aTierThatFailsIsAMissAndASourceThatFailsIsAFailure() {
        broken = Future.failedFuture("tier");

        assertThat(reads.get("a", LATER).result().getValue()).isEqualTo("of the store");
        assertThat(reads.renew("a", LATER).failed()).isTrue();
        assertThat(reads.get("b", LATER).cause()).hasMessage("no source");
    }

    @Test
    void theAnswerDoesNotWaitForTheFill() {
        Promise<Void> fill = Promise.promise();
        ReadThrough<String, String> slow = new ReadThrough<>(
                new Tier<>() {
                    @Override
                    public Future<@Nullable String> get(String key, Deadline deadline) {
                        return Future.succeededFuture();
                    }

                    @Override
                    public Future<?> put(String value, Deadline deadline) {
                        return fill.future();
                    }
                },
                (key, deadline) -> Future.succeededFuture("x"));

        assertThat(slow.get("a", LATER).result()).isEqualTo("x");
        Future<Void> renewed = slow.renew("a", LATER);
        assertThat(renewed.isComplete()).isFalse();
        fill.complete();
        assertThat(renewed.succeeded()).isTrue();
    }

    @Test
    void whatIsWrittenThroughIsKeptAsTheStoreHasItBeforeTheWriterIsAnswered() {
        kept.put("a", "old");

        Future<String> answer = through.write(() -> write("a", "new"), written -> written);

        assertThat(answer.result()).isEqualTo("a");
        assertThat(kept).containsEntry("a", "new");
        assertThat(done).containsExactly("written", "read", "put");
    }

    @Test
    void theWriterWaitsUntilItIsKept() {
        Promise<Void> slow = Promise.promise();
        broken = slow.future();

        Future<String> answer = through.write(() -> write("a", "new"), written -> written);

        assertThat(answer.isComplete()).isFalse();
        slow.complete();
        assertThat(answer.succeeded()).isTrue();
    }

    @Test
    void whatCannotBeKeptIsDroppedAndTheWriterIsAnsweredAllTheSame() {
        kept.put("a", "old");
        broken = Future.failedFuture("tier");

        Future<String> answer = through.write(() -> write("a", "new"), written -> written);

        assertThat(answer.result()).isEqualTo("a");
        assertThat(kept).isEmpty();
        assertThat(done).containsExactly("written", "read", "not told", "drop");
    }

    @Test
    void whatIsWrittenAroundIsDroppedAfterTheStoreHasIt() {
        kept.put("a", "old");

        Future<String> answer = around.write(() -> write("a", "new"), written -> written);

        assertThat(answer.result()).isEqualTo("a");
        assertThat(kept).isEmpty();
        assertThat(done).containsExactly("written", "drop");
        assertThat(reads.get("a", LATER).result().getValue()).isEqualTo("new");
    }

    @Test
    void aWriterIsAnsweredThoughNothingCouldBeDropped() {
        broken = Future.failedFuture("tier");

        assertThat(around.write(() -> write("a", "new"), written -> written).result())
                .isEqualTo("a");
        assertThat(done).containsExactly("written", "drop", "not told");
    }

    @Test
    void whereNothingWasWrittenNothingIsTold() {
        kept.put("a", "old");

        through.write(() -> Future.succeededFuture("refused"), none -> null);
        around.write(() -> Future.succeededFuture("refused"), none -> null);
        Future<String> failed = around.write(() -> Future.failedFuture("store"), written -> written);

        assertThat(failed.cause()).hasMessage("store");
        assertThat(done).isEmpty();
        assertThat(kept).containsEntry("a", "old");
    }

    private Future<String> write(String key, String value) {
        done.add("written");
        store.put(key, value);
        return Future.succeededFuture(key);
    }

    private Future<Void> broken() {
        return broken == null ? Future.succeededFuture() : broken;
    }
}
