package io.portcullis.registry;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * The credentials that were used since somebody took them: allowed requests are counted, no others. A request adds one to a number; the first
 * one after a take also puts the credential into a list, which is linked through the credentials themselves. So nothing is allocated, no
 * clock is read, and nobody waits.
 *
 * <p>Bounded: what is used beyond so many different credentials is dropped, and counted. A credential that is no longer held is in the list
 * until it is taken: its uses are not lost.
 *
 * <p>Thread-safe.
 */
public final class CredentialUses {

    /** Told of a credential, once for each time that it comes in a list. */
    @FunctionalInterface
    public interface Taker {

        /**
         * Used so often since the last take.
         *
         * @param keyId null for the client's own secret
         */
        void take(String clientId, @Nullable String keyId, int times);
    }

    private final int most;
    private final AtomicReference<@Nullable CredentialUse> newest = new AtomicReference<>();
    private final AtomicInteger listed = new AtomicInteger();
    private final LongAdder dropped = new LongAdder();

    /** @param most different credentials between two takes */
    public CredentialUses(int most) {
        this.most = most;
    }

    /** One more. */
    void count(CredentialUse use) {
        if (use.count()) {
            list(use);
        }
    }

    /** Takes all that was used until now. One at a time; what is used meanwhile is in this take or in the next. */
    public void take(Taker taker) {
        CredentialUse use = newest.getAndSet(null);
        while (use != null) {
            CredentialUse before = use.next;
            // Before its number is taken: from then on it may be listed again.
            use.next = null;
            listed.decrementAndGet();
            taker.take(use.clientId(), use.keyId(), use.take());
            use = before;
        }
    }

    /** Uses that were dropped, for a counter. */
    public long dropped() {
        return dropped.sum();
    }

    /** Apart, so that the way which almost every request goes is small enough to be inlined. */
    private void list(CredentialUse use) {
        if (listed.getAndIncrement() >= most) {
            listed.decrementAndGet();
            dropped.add(use.take());
            return;
        }
        CredentialUse head;
        do {
            head = newest.get();
            use.next = head;
        } while (!newest.compareAndSet(head, use));
    }
}
