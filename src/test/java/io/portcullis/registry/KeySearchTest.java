package io.portcullis.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.auth.Pepper;
import io.portcullis.auth.Peppers;
import io.portcullis.registry.KeySearch.Step;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class KeySearchTest {

    private static final Pepper CURRENT = new Pepper("the current one");
    private static final Pepper FORMER = new Pepper("the one before");
    private static final Pepper OLDEST = new Pepper("the one before that");
    private static final Pepper NEXT = new Pepper("the next one");

    @Test
    void withOnePepperThereIsOneLook() {
        assertThat(looks(Peppers.only(CURRENT), 7)).containsExactly(CURRENT);
    }

    @Test
    void theCurrentPepperIsLookedAtFirstThenTheFormerOnesThenTheNext() {
        Peppers peppers = new Peppers(CURRENT, List.of(FORMER, OLDEST), NEXT);

        assertThat(looks(peppers, 7, 7, 7, 7)).containsExactly(CURRENT, FORMER, OLDEST, NEXT);
    }

    @Test
    void whereSomethingWasCommittedMeanwhileTheCurrentOneIsLookedAtOnceMore() {
        Peppers peppers = new Peppers(CURRENT, List.of(FORMER, OLDEST), NEXT);

        assertThat(looks(peppers, 7, 7, 8, 8, 8)).containsExactly(CURRENT, FORMER, OLDEST, CURRENT, NEXT);
        assertThat(looks(peppers, 7, 8, 7, 9, 9)).containsExactly(CURRENT, FORMER, OLDEST, CURRENT, NEXT);
    }

    @Test
    void aLookFromBeforeTheOneItFollowsDoesNotCount() {
        Peppers peppers = new Peppers(CURRENT, List.of(FORMER), null);
        assertThat(looks(peppers, 7, 9, 8, 9)).containsExactly(CURRENT, FORMER, CURRENT, CURRENT);

        Peppers upcoming = new Peppers(CURRENT, List.of(), NEXT);
        assertThat(looks(upcoming, 7, 6, 7)).containsExactly(CURRENT, NEXT, NEXT);
    }

    @Test
    void whoIsOutpacedDoesNotKnow() {
        KeySearch search = new KeySearch(new Peppers(CURRENT, List.of(FORMER), null), "key");
        search.next(7);
        search.next(9);
        search.next(8);
        search.next(8);

        assertThat(search.next(8)).isNull();
        assertThat(search.isOutpaced()).isTrue();
    }

    @Test
    void absenceIsAsOfTheOldestLookUnderEveryDigest() {
        KeySearch search = new KeySearch(new Peppers(CURRENT, List.of(FORMER), NEXT), "key");
        search.next(7);
        search.next(9);
        search.next(9);
        search.next(10);

        assertThat(search.isOutpaced()).isFalse();
        assertThat(search.asOf()).isEqualTo(7);
        assertThat(search.digests())
                .containsExactlyInAnyOrder(CURRENT.digest("key"), FORMER.digest("key"), NEXT.digest("key"));
    }

    /** The peppers that are looked at, each look having seen up to that position and found nothing. */
    private static List<Pepper> looks(Peppers peppers, long... asOf) {
        KeySearch search = new KeySearch(peppers, "key");
        List<Pepper> looks = new ArrayList<>();
        @Nullable Step step = search.first();
        for (int i = 0; step != null; i++) {
            looks.add(step.pepper());
            step = search.next(asOf[i]);
        }
        assertThat(looks).hasSize(asOf.length);
        assertThat(search.isOutpaced()).isFalse();
        return looks;
    }
}
