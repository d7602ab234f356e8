package io.portcullis.registry;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.benmanes.caffeine.cache.Cache;
import io.portcullis.auth.AddressRules;
import io.portcullis.auth.Client;
import io.portcullis.auth.ClientStatus;
import io.portcullis.freshness.Change;
import io.portcullis.freshness.Fences;
import io.portcullis.freshness.FollowedLog;
import io.portcullis.freshness.WeakFences;
import io.portcullis.registry.NearCache.NearClient;
import java.time.Duration;
import org.jetbrains.kotlinx.lincheck.LinChecker;
import org.jetbrains.lincheck.datastructures.ManagedStrategyGuaranteeKt;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.junit.jupiter.api.Test;

/**
 * Near cache and fences under every interleaving that Lincheck tries, of a tail that applies changes and forgets fences, of loaders that
 * read and fill, and of requests that look: none is given less than what was applied before it looked. (A cache may hold nothing at any
 * time, so this is what is asked, and not that all looks as if it took place one after the other.)
 */
class NearCacheLincheckTest {

    /** Its newer entry point is for Kotlin. */
    @SuppressWarnings("deprecation")
    private static void check(Class<?> held) {
        LinChecker.check(held, options());
    }

    @Test
    void whatIsGivenOutIsNeverOlderThanWhatWasApplied() {
        check(Real.class);
    }

    @Test
    void withoutTheFenceItMayBe() {
        assertThatThrownBy(() -> check(Fenceless.class)).hasMessageContaining("Invalid execution results");
    }

    /** Caffeine is taken at its word: its own interleavings are its own affair. */
    private static ModelCheckingOptions options() {
        return new ModelCheckingOptions()
                .threads(2)
                .actorsPerThread(2)
                .actorsBefore(2)
                .actorsAfter(1)
                .iterations(8)
                .invocationsPerIteration(100)
                .sequentialSpecification(Sequential.class)
                .addGuarantee(
                        ManagedStrategyGuaranteeKt.forClasses(name -> name.startsWith(Cache.class.getPackageName()))
                                .allMethods()
                                .treatAsAtomic());
    }

    /** The near cache of one client, and the database behind it. */
    public abstract static class Held {

        private final NearCache near = new NearCache(1 << 20, Duration.ofSeconds(1), 10);
        private final Fences fences;
        private final FollowedLog log;
        /** Of the database: version of the client; the seq of its last change is half of it. */
        private volatile long version;

        /** Of the process: the version whose change it has told the others to have applied. */
        private volatile long applied;

        Held(FollowedLog log) {
            this.log = log;
            this.fences = log.freshness().fences();
        }

        /** A commit, and the tail that applies it. */
        @Operation(nonParallelGroup = "tail")
        public void change() {
            long changed = version + 2;
            version = changed;
            log.apply(new Change(Change.Kind.CLIENT, "c", changed, "U", null, null), changed / 2);
            near.forgetClient("c");
            applied = changed;
        }

        @Operation(nonParallelGroup = "tail")
        public void forget() {
            log.forgetFences();
        }

        /** A look-up: reads, and fills whatever happened meanwhile. */
        @Operation
        public void fill() {
            long read = version;
            near.put(new NearClient(client(read), fences, read / 2, Long.MAX_VALUE));
        }

        /** A look-up that was stopped between the two for as long as one change takes. */
        @Operation
        public void fillLate() {
            long read = Math.max(0, version - 2);
            near.put(new NearClient(client(read), fences, read / 2, Long.MAX_VALUE));
        }

        /** Whether what is given out is none, or not older than what was applied before. */
        @Operation
        public boolean look() {
            long atLeast = applied;
            NearClient held = near.client("c", fences);
            return held == null || held.client().version() >= atLeast;
        }
    }

    /** As it is. */
    public static final class Real extends Held {
        public Real() {
            super(FollowedLog.fresh(Duration.ofHours(1), Duration.ZERO));
        }
    }

    /** Relies on the eviction. */
    public static final class Fenceless extends Held {
        public Fenceless() {
            super(FollowedLog.with(new WeakFences(WeakFences.Guard.FENCE, FollowedLog.EPOCH, 0)));
        }
    }

    /** What must come out whatever the order. */
    public static final class Sequential {

        public void change() {}

        public void forget() {}

        public void fill() {}

        public void fillLate() {}

        public boolean look() {
            return true;
        }
    }

    private static Client client(long version) {
        return new Client(
                "c",
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
                version,
                null);
    }
}
