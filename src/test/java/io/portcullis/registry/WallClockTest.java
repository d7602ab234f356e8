package io.portcullis.registry;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.portcullis.auth.ApiKey;
import io.portcullis.auth.ClientStatus;
import io.portcullis.auth.Credential;
import io.portcullis.auth.Decision;
import io.portcullis.auth.Fingerprinter;
import io.portcullis.auth.Pepper;
import io.portcullis.auth.Peppers;
import io.portcullis.freshness.FollowedLog;
import io.vertx.core.Future;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** No wall clock says how long a record counts: a node whose clock is wrong decides as any other. */
class WallClockTest {

    private static final Duration LEASE = Duration.ofSeconds(30);
    private static final Duration GRACE = Duration.ofSeconds(30);

    private final SecureRandom random = new SecureRandom();
    private final Pepper pepper = new Pepper("a pepper for the test of clocks");

    @ParameterizedTest
    @ValueSource(ints = {-300, -30, 30, 300})
    void aWrongClockChangesNoDecision(int seconds) {
        Clock wrong = Clock.offset(Clock.systemUTC(), Duration.ofSeconds(seconds));

        assertThat(decisions(wrong))
                .isEqualTo(decisions(Clock.systemUTC()))
                .containsExactly(
                        "fresh: allowed, allowed, allowed, denied CLIENT_NOT_ACTIVE",
                        "in grace: allowed stale, unavailable, allowed stale, denied CLIENT_NOT_ACTIVE",
                        "past the configured grace: unavailable, unavailable, unavailable, unavailable");
    }

    /** The rooms in which it is decided what still counts; the authenticator hands a clock to those keys that end. */
    @Test
    void whoDecidesWhatCountsReadsNoWallClock() {
        // A certificate ends at a date (RFC 5280 §4.1.2.5), as a key does in auth: there is no other clock for that.
        noClasses()
                .that()
                .doNotHaveSimpleName("CertificateWatch")
                .and()
                .doNotHaveSimpleName("ConnectionCertificates")
                .and()
                // No record of clients or keys: what another service has said, whose age in Redis the clock of who put
                // it there tells. Redis'
                // own time-out bounds that: at most twice its time.
                .doNotHaveSimpleName("CacheAside")
                .should()
                .callMethodWhere(readsTheWallClock())
                .check(new ClassFileImporter()
                        .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                        .importPackages(
                                "io.portcullis.freshness",
                                "io.portcullis.registry",
                                "io.portcullis.cache",
                                "io.portcullis.bus",
                                "io.portcullis.ratelimit",
                                "io.portcullis.ingress"));
    }

    private static DescribedPredicate<JavaMethodCall> readsTheWallClock() {
        Set<String> names = Set.of("now", "currentTimeMillis", "millis", "instant");
        return describe(
                "reads the wall clock",
                call -> names.contains(call.getName())
                        && (call.getTargetOwner().getPackageName().equals(Instant.class.getPackageName())
                                || call.getTargetOwner().isEquivalentTo(System.class)
                                || call.getTargetOwner().isEquivalentTo(Date.class)));
    }

    /** Of an ordinary client, a strict one, a patient one and a suspended one, at some distances from the last look at the log. */
    private List<String> decisions(Clock clock) {
        return List.of(
                "fresh: " + decisions(clock, Duration.ZERO),
                "in grace: " + decisions(clock, LEASE.plusSeconds(1)),
                "past the configured grace: "
                        + decisions(clock, LEASE.plus(GRACE).plusSeconds(1)));
    }

    private String decisions(Clock clock, Duration confirmedAgo) {
        InMemoryClientRegistry registry = new InMemoryClientRegistry();
        boolean[] down = {false};
        Authenticator authenticator = new Authenticator(
                new Authenticator.Parts(
                        Fingerprinter.create(random),
                        Peppers.only(pepper),
                        new SecretCheck(
                                Peppers.only(pepper),
                                new SlowHashes(
                                        new SlowHashes.Limits(1, 1, 1024), Runnable::run, new SimpleMeterRegistry())),
                        new Redigest(new NoMoves(), System::nanoTime, new SimpleMeterRegistry()),
                        new NearCache(1 << 20, Duration.ofSeconds(1), 100),
                        new CredentialUses(100_000),
                        FollowedLog.confirmedAgo(confirmedAgo, LEASE, GRACE).freshness(),
                        Duration.ofHours(1),
                        deadline -> Future.succeededFuture(),
                        new RecordRefusals(new SimpleMeterRegistry()),
                        clock),
                (query, deadline) -> down[0]
                        ? Future.failedFuture(new RegistryException.Unavailable("down", new Exception()))
                        : registry.find(query, deadline),
                new AcceptanceRule());
        List<String> keys = List.of(
                registered(registry, null, ClientStatus.ACTIVE),
                registered(registry, 0, ClientStatus.ACTIVE),
                registered(registry, 20, ClientStatus.ACTIVE),
                registered(registry, null, ClientStatus.SUSPENDED));
        keys.forEach(key -> decision(authenticator, key));
        down[0] = true;
        List<String> decisions = new ArrayList<>();
        keys.forEach(key -> decisions.add(decision(authenticator, key)));
        return String.join(", ", decisions);
    }

    private String registered(InMemoryClientRegistry registry, @Nullable Integer grace, ClientStatus status) {
        String key = ApiKey.generate("test", random);
        ClientDraft draft = new ClientDraft(
                ClientRegistryContract.id(),
                "code",
                null,
                null,
                "sha256:00",
                null,
                null,
                List.of(),
                null,
                status,
                List.of(),
                grace,
                null);
        registry.upsert(
                draft, List.of(KeyDraft.of(key, pepper, null)), Author.of("test"), ClientRegistryContract.soon());
        return key;
    }

    private static String decision(Authenticator authenticator, String key) {
        var asked = authenticator.decide(new Credential.Key(key), () -> null, ClientRegistryContract.soon());
        if (asked.failed()) {
            return "unavailable";
        }
        if (asked.result() instanceof Decision.Allowed allowed) {
            return allowed.stale() ? "allowed stale" : "allowed";
        }
        return "denied " + ((Decision.Denied) asked.result()).refusal();
    }
}
