package io.portcullis.auth;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.security.SecureRandom;
import java.util.EnumSet;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
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
 * The decision on a warm key, without HTTP: read the credential, fingerprint it, find key and client in a cache, decide. At most 500 ns
 * and 256 bytes an operation ({@code -prof gc}, {@code gc.alloc.rate.norm}).
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(3)
public class DecisionBenchmark {

    private static final int CLIENTS = 10_000;

    /** As the near cache holds them: one look-up for the key, one for its client. */
    private final Cache<Fingerprint, ClientKey> keys =
            Caffeine.newBuilder().maximumSize(2 * CLIENTS).build();

    private final Cache<String, Client> clients =
            Caffeine.newBuilder().maximumSize(2 * CLIENTS).build();

    private final Credentials credentials = new Credentials(EnumSet.allOf(CredentialScheme.class));
    private final byte[] peer = {10, 1, 2, 3};

    @Param({"any", "10.0.0.0/8"})
    String allowedIps = "any";

    private Fingerprinter fingerprinter = new Fingerprinter(0, 0);
    private String[] presented = {};
    private int next;

    @Setup(Level.Trial)
    public void fill() {
        SecureRandom random = new SecureRandom();
        Pepper pepper = new Pepper("a pepper for measuring");
        fingerprinter = Fingerprinter.create(random);
        AddressRules rules = allowedIps.equals("any") ? AddressRules.ANY : AddressRules.of(List.of(allowedIps));
        presented = new String[CLIENTS];
        for (int i = 0; i < CLIENTS; i++) {
            String key = ApiKey.generate("live", random);
            Client client = client(UUID.randomUUID().toString(), "client-" + i, rules);
            clients.put(client.clientId(), client);
            keys.put(
                    fingerprinter.of(new Credential.Key(key)),
                    ClientKey.of(
                            UUID.randomUUID().toString(),
                            client.clientId(),
                            pepper.digest(key),
                            true,
                            List.of("read"),
                            null,
                            null,
                            1));
            presented[i] = key;
        }
    }

    @Benchmark
    public Decision warmKey() {
        if (!(credentials.read(next(), null) instanceof Credential credential)) {
            throw new IllegalStateException("no credential");
        }
        ClientKey key = keys.getIfPresent(fingerprinter.of(credential));
        if (key == null) {
            throw new IllegalStateException("not in the cache");
        }
        Client client = clients.getIfPresent(key.clientId());
        return Verifier.decide(key, client, System.currentTimeMillis(), this::address, false);
    }

    /** What refuses a mistyped key before any look-up. */
    @Benchmark
    public boolean checksum() {
        return ApiKey.isWellFormed(next());
    }

    private IpAddress address() {
        return IpAddress.of(peer);
    }

    private String next() {
        next = next + 1 == CLIENTS ? 0 : next + 1;
        return presented[next];
    }

    private static Client client(String id, String code, AddressRules rules) {
        return new Client(
                id,
                code,
                "tenant",
                null,
                null,
                null,
                null,
                rules,
                null,
                ClientStatus.ACTIVE,
                List.of("read"),
                null,
                null,
                1,
                null);
    }
}
