package io.portcullis.registry;

import io.portcullis.auth.AddressRules;
import io.portcullis.auth.ApiKey;
import io.portcullis.auth.Client;
import io.portcullis.auth.ClientKey;
import io.portcullis.auth.ClientStatus;
import io.portcullis.auth.Credential;
import io.portcullis.auth.Fingerprint;
import io.portcullis.auth.Fingerprinter;
import io.portcullis.auth.KeyDigest;
import io.portcullis.auth.Pepper;
import io.portcullis.freshness.Change;
import io.portcullis.freshness.Evictions;
import io.portcullis.freshness.FedTail;
import io.portcullis.registry.NearCache.KeyProof;
import io.portcullis.registry.NearCache.NearClient;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What one change costs a process that holds so many clients with a key each: fence, eviction, position. There must be no linear term;
 * the caches of the CPU, which hold a thousand clients and not a million, may make it 3 times as much.
 *
 * <p>A change takes a record out. So a few hundred are measured at once, what they took out is put back between, and nothing is collected
 * meanwhile: a million changes a second would measure the garbage collector, and how much it has to look at.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 100)
@Measurement(iterations = 100)
@Fork(
        value = 3,
        jvmArgsAppend = {"-Xms4g", "-Xmx4g", "-XX:+AlwaysPreTouch"})
public class ChangeBenchmark {

    /** As many as stand after ten minutes of 20 changes a second. */
    private static final int FENCES = 12_000;

    private static final int AT_ONCE = 500;

    /** Prime, and so of no common measure with the number held: a walk over all of them, each far from the one before. */
    private static final int STRIDE = 7_368_787;

    @Param({"1000", "10000", "100000", "1000000"})
    int held;

    private final NearCache near = new NearCache(8L << 30, Duration.ofSeconds(1), 1000);
    private final FedTail tail = new FedTail(
            new Evictions() {
                @Override
                public void client(String clientId) {
                    near.forgetClient(clientId);
                }

                @Override
                public void everything() {
                    near.forgetAll();
                }
            },
            FENCES);

    private final Held[] next = new Held[AT_ONCE];
    private Held[] all = {};
    private int at;
    private long version = 1;

    private record Held(Fingerprint fingerprint, String clientId, String keyId, KeyDigest digest) {}

    @Setup(Level.Trial)
    public void fill() {
        SecureRandom random = new SecureRandom();
        Fingerprinter fingerprinter = Fingerprinter.create(random);
        Pepper pepper = new Pepper("a pepper for measuring");
        all = new Held[held];
        for (int i = 0; i < held; i++) {
            String raw = ApiKey.generate("live", random);
            all[i] = new Held(
                    fingerprinter.of(new Credential.Key(raw)),
                    UUID.randomUUID().toString(),
                    UUID.randomUUID().toString(),
                    pepper.digest(raw));
            putClient(all[i]);
            putKey(all[i]);
        }
        for (int i = 0; i < FENCES; i++) {
            tail.apply(new Change(Change.Kind.CLIENT, UUID.randomUUID().toString(), ++version, "U", null, null));
        }
        for (int i = 0; i < AT_ONCE; i++) {
            next[i] = walk();
        }
        System.gc();
    }

    @Setup(Level.Iteration)
    public void putBack() {
        for (int i = 0; i < AT_ONCE; i++) {
            putClient(next[i]);
            putKey(next[i]);
            next[i] = walk();
        }
        if (near.clientCount() != held || near.credentialCount() != held) {
            throw new IllegalStateException(near.clientCount() + " clients, " + near.credentialCount() + " keys");
        }
    }

    @Benchmark
    @OperationsPerInvocation(AT_ONCE)
    public void changeOfClient() {
        for (Held one : next) {
            tail.apply(new Change(Change.Kind.CLIENT, one.clientId(), ++version, "U", null, null));
        }
    }

    @Benchmark
    @OperationsPerInvocation(AT_ONCE)
    public void changeOfKey() {
        for (Held one : next) {
            tail.apply(new Change(Change.Kind.KEY, one.keyId(), ++version, "U", one.digest(), one.digest()));
        }
    }

    private Held walk() {
        at = (int) (((long) at + STRIDE) % held);
        return all[at];
    }

    private void putClient(Held one) {
        Client client = new Client(
                one.clientId(),
                "client",
                "tenant",
                null,
                null,
                null,
                null,
                AddressRules.ANY,
                null,
                ClientStatus.ACTIVE,
                "read",
                null,
                version,
                null);
        near.put(new NearClient(client, tail.freshness().fences(), seq(), Long.MAX_VALUE));
    }

    private void putKey(Held one) {
        ClientKey key =
                ClientKey.of(one.keyId(), one.clientId(), one.digest(), true, List.of("read"), null, null, version);
        near.put(one.fingerprint(), new KeyProof(key, tail.freshness().fences(), seq(), Long.MAX_VALUE));
    }

    private long seq() {
        return tail.freshness().position().seq();
    }
}
