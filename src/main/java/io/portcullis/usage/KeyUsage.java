package io.portcullis.usage;

import io.portcullis.cache.WriteBehind;
import io.portcullis.registry.CredentialUses;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;

/** Uses of keys on their way to PostgreSQL: taken from where requests are counted, held until they are written. */
final class KeyUsage {

    /** Some 30 ms of PostgreSQL's. */
    private static final int BATCH = 5_000;

    /**
     * A key's uses since they were written last.
     *
     * @param lastNanos when the last of them was taken, by the process's monotonic clock
     */
    record Used(long times, long lastNanos) {

        Used plus(Used later) {
            return new Used(times + later.times, later.lastNanos);
        }
    }

    private final CredentialUses uses;
    private final LongSupplier nanoClock;
    private final WriteBehind<String, Used> behind;
    private final LongAdder dropped = new LongAdder();

    /** @param mostKeys that are held while they cannot be written */
    KeyUsage(CredentialUses uses, int mostKeys, LongSupplier nanoClock, WriteBehind.Sink<String, Used> sink) {
        this.uses = uses;
        this.nanoClock = nanoClock;
        this.behind = new WriteBehind<>(mostKeys, BATCH, Used::plus, sink);
    }

    /** Takes what was counted. Not on an event loop: it may be as many keys as there are requests. One at a time. */
    void take(Traffic traffic) {
        long now = nanoClock.getAsLong();
        uses.take((clientId, keyId, times) -> {
            traffic.used(clientId, times);
            if (keyId != null && !behind.put(keyId, new Used(times, now))) {
                dropped.add(times);
            }
        });
    }

    WriteBehind<String, Used> behind() {
        return behind;
    }

    /** Uses that are counted nowhere. */
    long dropped() {
        return uses.dropped() + dropped.sum();
    }
}
