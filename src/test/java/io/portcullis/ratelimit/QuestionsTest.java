package io.portcullis.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.ratelimit.Questions.Urgency;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class QuestionsTest {

    private static final Charge.Several ONE = new Charge.Several(List.of());

    private final Questions questions = new Questions();
    private final SortedMap<Integer, Runnable> timers = new TreeMap<>();
    private int rung;

    QuestionsTest() {
        questions.takenBy(new Questions.Taker() {
            @Override
            public void now() {
                rung++;
            }

            @Override
            public void in(int millis, Runnable itIsTime) {
                assertThat(timers.put(millis, itIsTime)).as("one for all").isNull();
            }
        });
    }

    @Test
    void whatIsNeededNowTakesWithItWhatCanWait() {
        questions.ask(ONE, Urgency.LATER);
        questions.ask(ONE, Urgency.SOON);
        assertThat(rung).isZero();

        questions.ask(ONE);
        assertThat(rung).isEqualTo(1);
        assertThat(questions.take()).hasSize(3);
    }

    @Test
    void whatIsNeededSoonDoesNotWaitForWhatIsNeededLater() {
        questions.ask(ONE, Urgency.LATER);
        questions.ask(ONE, Urgency.LATER);
        questions.ask(ONE, Urgency.SOON);
        assertThat(timers).containsOnlyKeys(5, 50);

        pass(5);
        assertThat(rung).isEqualTo(1);
        assertThat(questions.take()).hasSize(3);
    }

    @Test
    void theNextOnesGatherAnew() {
        questions.ask(ONE, Urgency.LATER);
        pass(50);
        assertThat(questions.take()).hasSize(1);
        assertThat(questions.take()).isEmpty();

        questions.ask(ONE, Urgency.LATER);
        assertThat(timers).containsOnlyKeys(50);
        pass(50);
        assertThat(rung).isEqualTo(2);
    }

    /** Half of it is for the answer. */
    @Test
    void whatLastsTwiceAsLongIsNeededLater() {
        assertThat(Urgency.of(100_000_000)).isEqualTo(Urgency.LATER);
        assertThat(Urgency.of(99_999_999)).isEqualTo(Urgency.SOON);
        assertThat(Urgency.of(0)).isEqualTo(Urgency.SOON);
    }

    private void pass(int millis) {
        Objects.requireNonNull(timers.remove(millis)).run();
    }
}
