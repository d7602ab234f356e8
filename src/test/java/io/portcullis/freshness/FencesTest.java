package io.portcullis.freshness;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.auth.KeyDigest;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class FencesTest {

    private static final KeyDigest OLD = new KeyDigest(1, 0, 0, 0);
    private static final KeyDigest NEW = new KeyDigest(2, 0, 0, 0);
    private static final long NOW = 1_000;

    private final Fences fences = new Fences("e", 10);

    @Test
    void aFenceKeepsOutWhatIsBelowItAndNothingElse() {
        fences.raise(client("a", 8), 11, NOW);

        assertThat(fences.admitsClient("a", 7, 20)).isFalse();
        assertThat(fences.admitsClient("a", 8, 20)).isTrue();
        assertThat(fences.admitsClient("b", 2, 20)).isTrue();
        assertThat(fences.admitsKey("a", 2, 20)).isTrue();
    }

    @Test
    void aFenceNeverGoesDown() {
        fences.raise(client("a", 8), 12, NOW);
        fences.raise(client("a", 4), 11, NOW);

        assertThat(fences.admitsClient("a", 7, 20)).isFalse();
        assertThat(fences.admitsNoClient("a", 11)).isFalse();
    }

    /** Who has seen the count never looks for the fence again. */
    @Test
    void aRaisingIsCountedWhenItsFencesStand() {
        List<Boolean> admittedWhenCounted = new ArrayList<>();
        Fences watched = new Fences("e", 10) {
            @Override
            void counted() {
                admittedWhenCounted.add(admitsClient("a", 7, 20));
                admittedWhenCounted.add(admitsKey("k", 7, 20));
                super.counted();
            }
        };

        watched.raise(client("a", 8), 11, NOW);
        watched.raise(new Change(Change.Kind.KEY, Change.ALL, 8, "T", null, null), 12, NOW);

        assertThat(admittedWhenCounted).containsExactly(false, true, false, false);
        assertThat(watched.raisings()).isEqualTo(2);
    }

    @Test
    void whoHasGotOrLostAClientIsKeptOutAsHeWasBefore() {
        fences.raise(new Change(Change.Kind.CLIENT, "a", 8, "U", null, null, "from", "to"), 12, NOW);

        assertThat(fences.admitsOwned("from", 11)).isFalse();
        assertThat(fences.admitsOwned("to", 11)).isFalse();
        assertThat(fences.admitsOwned("from", 12)).isTrue();
        assertThat(fences.admitsOwned("other", 11)).isTrue();
        assertThat(fences.admitsOwned("other", 9)).isFalse();
        fences.forget(NOW + 1, 0, 0);
        assertThat(fences.admitsOwned("from", 11)).isFalse();
        assertThat(fences.size()).isZero();
    }

    @Test
    void theFloorKeepsOutWhatWasReadBeforeIt() {
        assertThat(fences.admitsClient("a", 8, 9)).isFalse();
        assertThat(fences.admitsClient("a", 8, 10)).isTrue();
        assertThat(fences.admitsNoKey(NEW, 9)).isFalse();
    }

    @Test
    void whatAForgottenFenceKeptOutStaysOut() {
        fences.raise(client("a", 8), 11, NOW);
        fences.raise(client("b", 10), 12, NOW + 100);

        fences.forget(NOW + 100, 100, 1_000);

        assertThat(fences.size()).isEqualTo(1);
        assertThat(fences.floor()).isEqualTo(11);
        assertThat(fences.admitsClient("a", 6, 10)).isFalse();
        assertThat(fences.admitsClient("a", 8, 11)).isTrue();
        assertThat(fences.admitsClient("b", 8, 11)).isFalse();
    }

    @Test
    void thereAreNeverMoreThanTheMost() {
        for (int i = 0; i < 1_000; i++) {
            fences.raise(client("c" + i, 2L * i), 11 + i, NOW);
            fences.forget(NOW, Long.MAX_VALUE, 100);
        }

        assertThat(fences.size()).isEqualTo(100);
        assertThat(fences.floor()).isEqualTo(910);
    }

    @Test
    void oneThatWasRaisedAgainOutlivesItsOldSelf() {
        fences.raise(client("a", 8), 11, NOW);
        fences.raise(client("a", 10), 12, NOW + 100);

        fences.forget(NOW + 100, 100, 1_000);

        assertThat(fences.admitsClient("a", 8, 11)).isFalse();
    }

    /** Who drops a fence has raised the floor before; who checks must look for the fence first, or it may see neither. */
    @Test
    void aFenceThatIsForgottenDuringACheckStillCounts() {
        Fences forgetful = new Fences("e", 10) {
            @Override
            boolean isAboveFloor(long asOf) {
                boolean above = super.isAboveFloor(asOf);
                forget(NOW, 0, 0);
                return above;
            }

            @Override
            boolean isBeyond(@Nullable Fence fence, long version) {
                boolean beyond = super.isBeyond(fence, version);
                forget(NOW, 0, 0);
                return beyond;
            }
        };
        forgetful.raise(client("a", 8), 11, NOW);
        assertThat(forgetful.admitsClient("a", 6, 10)).isFalse();

        forgetful.raise(new Change(Change.Kind.KEY, "k", 12, "U", OLD, NEW), 12, NOW);
        assertThat(forgetful.admitsKey("k", 10, 11)).isFalse();
    }

    @Test
    void aChangedKeyIsKnownByBothItsDigests() {
        fences.raise(new Change(Change.Kind.KEY, "k", 8, "U", OLD, NEW), 11, NOW);

        assertThat(fences.admitsKey("k", 6, 10)).isFalse();
        assertThat(fences.admitsNoKey(NEW, 10)).isFalse();
        assertThat(fences.admitsNoKey(OLD, 10)).isFalse();
        assertThat(fences.admitsNoKey(OLD, 11)).isTrue();
    }

    @Test
    void thatThereIsNoneHasNoVersionAndIsHeldAgainstThePosition() {
        fences.raise(new Change(Change.Kind.CLIENT, "a", 9, "D", null, null), 11, NOW);

        assertThat(fences.admitsNoClient("a", 10)).isFalse();
        assertThat(fences.admitsNoClient("a", 11)).isTrue();
    }

    @Test
    void aTruncationKeepsOutAllThereWasOfItsKind() {
        fences.raise(new Change(Change.Kind.CLIENT, Change.ALL, 20, "T", null, null), 11, NOW);

        assertThat(fences.admitsClient("a", 18, 10)).isFalse();
        assertThat(fences.admitsClient("a", 22, 12)).isTrue();
        assertThat(fences.admitsKey("k", 18, 10)).isTrue();
    }

    @Test
    void theFloorComesDownOnlyWhereNothingWasForgotten() {
        fences.lowerFloor(10, 5);
        assertThat(fences.floor()).isEqualTo(5);

        fences.raise(client("a", 8), 11, NOW);
        fences.forget(NOW, 0, 0);
        fences.lowerFloor(5, 2);
        assertThat(fences.floor()).isEqualTo(11);
    }

    @Test
    void nothingIsAdmittedBeforeTheDatabaseWasAsked() {
        assertThat(Fences.NONE.isEpoch("e")).isFalse();
        assertThat(Fences.NONE.admitsClient("a", Long.MAX_VALUE, Long.MAX_VALUE - 1))
                .isFalse();
    }

    private static Change client(String id, long version) {
        return new Change(Change.Kind.CLIENT, id, version, "U", null, null);
    }
}
