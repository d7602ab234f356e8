package io.portcullis.registry;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.portcullis.auth.AddressRules;
import io.portcullis.auth.ApiKey;
import io.portcullis.auth.Client;
import io.portcullis.auth.ClientKey;
import io.portcullis.auth.ClientStatus;
import io.portcullis.auth.Credential;
import io.portcullis.auth.CredentialScheme;
import io.portcullis.auth.Credentials;
import io.portcullis.auth.Decision;
import io.portcullis.auth.Fingerprint;
import io.portcullis.auth.Fingerprinter;
import io.portcullis.auth.IpAddress;
import io.portcullis.auth.Pepper;
import io.portcullis.auth.Peppers;
import io.portcullis.bus.Deadline;
import io.portcullis.freshness.Change;
import io.portcullis.freshness.FollowedLog;
import io.portcullis.freshness.Position;
import io.vertx.core.Future;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The decision on a warm key, without HTTP: read the credential, fingerprint it, find key and client in the near cache, decide. At most
 * 500 ns and 256 bytes an operation ({@code -prof gc}, {@code gc.alloc.rate.norm}).
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(3)
public class DecisionBenchmark {

    private static final int CLIENTS = 10_000;

    /** As many as stand after ten minutes of 20 changes a second. */
    private static final int FENCES = 12_000;

    private final Credentials credentials = new Credentials(EnumSet.allOf(CredentialScheme.class));
    private final Fingerprinter fingerprinter = Fingerprinter.create(new SecureRandom());
    private final Map<Query, Found> registry = new HashMap<>();
    private final Authenticator authenticator = new Authenticator(
            new Authenticator.Parts(
                    fingerprinter,
                    Peppers.only(new Pepper("a pepper for measuring")),
                    new SecretCheck(
                            Peppers.only(new Pepper("a pepper for measuring")),
                            new SlowHashes(
                                    new SlowHashes.Limits(1, 1, 1024), Runnable::run, new SimpleMeterRegistry())),
                    new Redigest(new NoMoves(), System::nanoTime, new SimpleMeterRegistry()),
                    new NearCache(256 << 20, Duration.ofSeconds(1), 1000),
                    new CredentialUses(100_000),
                    log().freshness(),
                    Duration.ofHours(1),
                    deadline -> Future.succeededFuture(),
                    new RecordRefusals(new SimpleMeterRegistry()),
                    Clock.systemUTC()),
            (Lookup) (query, deadline) -> Future.succeededFuture(Objects.requireNonNull(registry.get(query))),
            new AcceptanceRule());
    private final byte[] peer = {10, 1, 2, 3};

    @Param({"any", "10.0.0.0/8"})
    String allowedIps = "any";

    private String[] presented = {};
    private int next;

    @Setup(Level.Trial)
    public void fill() {
        SecureRandom random = new SecureRandom();
        Pepper pepper = new Pepper("a pepper for measuring");
        AddressRules rules = allowedIps.equals("any") ? AddressRules.ANY : AddressRules.of(List.of(allowedIps));
        Position asOf = new Position(FollowedLog.EPOCH, FENCES);
        presented = new String[CLIENTS];
        for (int i = 0; i < CLIENTS; i++) {
            String raw = ApiKey.generate("live", random);
            Client client = client(UUID.randomUUID().toString(), "client-" + i, rules);
            ClientKey key = ClientKey.of(
                    UUID.randomUUID().toString(),
                    client.clientId(),
                    pepper.digest(raw),
                    true,
                    List.of("read"),
                    null,
                    null,
                    1);
            registry.put(
                    new Query.ByDigest(key.digest()),
                    new Found(new Cached<>(key, asOf), new Cached<>(client, asOf), System.nanoTime()));
            authenticator.decide(new Credential.Key(raw), this::address, Deadline.in(Duration.ofSeconds(1)));
            presented[i] = raw;
        }
    }

    private static FollowedLog log() {
        FollowedLog log = FollowedLog.fresh(Duration.ofHours(10), Duration.ZERO);
        for (int seq = 1; seq <= FENCES; seq++) {
            log.apply(new Change(Change.Kind.CLIENT, UUID.randomUUID().toString(), seq, "U", null, null), seq);
            log.apply(new Change(Change.Kind.KEY, UUID.randomUUID().toString(), seq, "U", null, null), seq);
        }
        return log;
    }

    /** All of it. */
    @Benchmark
    public Decision warmKey() {
        if (!(credentials.read(next(), null, null) instanceof Credential credential)) {
            throw new IllegalStateException("no credential");
        }
        Decision decision = authenticator.decideNow(credential, this::address);
        if (decision == null) {
            throw new IllegalStateException("not warm");
        }
        return decision;
    }

    /** Part of it: what the near cache finds a key by. */
    @Benchmark
    public Fingerprint fingerprint() {
        return fingerprinter.of(new Credential.Key(next()));
    }

    /** What refuses a mistyped key before any look-up. */
    @Benchmark
    public boolean checksum() {
        return ApiKey.isWellFormed(next());
    }

    private @Nullable IpAddress address() {
        return IpAddress.of(peer);
    }

    private String next() {
        next = next + 1 == CLIENTS ? 0 : next + 1;
        return presented[next];
    }

    private static Client client(String id, String code, AddressRules rules) {
        return new Client(
                id, code, "tenant", null, null, null, null, rules, null, ClientStatus.ACTIVE, "read", null, 1, null);
    }
}
