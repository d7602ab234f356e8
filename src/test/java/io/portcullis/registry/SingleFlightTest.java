package io.portcullis.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.bus.Deadline;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SingleFlightTest {

    private static final Query QUERY = new Query.ByClientId("a");
    private static final Found NONE = new Found(null, null, 0);

    private final List<Promise<Found>> asked = new ArrayList<>();
    private final SingleFlight flights = new SingleFlight((query, deadline) -> {
        Promise<Found> promise = Promise.promise();
        asked.add(promise);
        return promise.future();
    });

    @Test
    void aThousandCallersAreOneQuestion() {
        List<Future<Found>> answers = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            answers.add(find(QUERY));
        }

        asked.get(0).complete(NONE);

        assertThat(asked).hasSize(1);
        assertThat(answers).allMatch(Future::succeeded);
    }

    @Test
    void anotherQuestionIsAnotherFlight() {
        find(QUERY);
        find(new Query.ByClientId("b"));

        assertThat(asked).hasSize(2);
    }

    @Test
    void theNextCallerAsksAnew() {
        find(QUERY);
        asked.get(0).complete(NONE);
        find(QUERY);

        assertThat(asked).hasSize(2);
    }

    @Test
    void aFailureReachesEveryWaiterAndIsNotKept() {
        Future<Found> first = find(QUERY);
        Future<Found> second = find(QUERY);
        asked.get(0).fail("down");

        assertThat(first.failed()).isTrue();
        assertThat(second.failed()).isTrue();
        find(QUERY);
        assertThat(asked).hasSize(2);
    }

    @Test
    void whoJoinedAFlightThatRanOutOfTimeFliesAgainWithTheTimeItHas() {
        Future<Found> first = flights.find(QUERY, Deadline.in(Duration.ZERO));
        Future<Found> second = find(QUERY);

        asked.get(0).fail("too late");

        assertThat(first.failed()).isTrue();
        assertThat(second.isComplete()).isFalse();
        asked.get(1).complete(NONE);
        assertThat(second.succeeded()).isTrue();
    }

    @Test
    void aTierThatThrowsLeavesNoFlightBehind() {
        SingleFlight broken = new SingleFlight((query, deadline) -> {
            asked.add(Promise.promise());
            throw new IllegalStateException("defect");
        });

        assertThat(broken.find(QUERY, Deadline.in(Duration.ofSeconds(1))).failed())
                .isTrue();
        assertThat(broken.find(QUERY, Deadline.in(Duration.ofSeconds(1))).failed())
                .isTrue();
        assertThat(asked).hasSize(2);
    }

    private Future<Found> find(Query query) {
        return flights.find(query, Deadline.in(Duration.ofSeconds(1)));
    }
}
