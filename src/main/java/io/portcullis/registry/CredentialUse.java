package io.portcullis.registry;

import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * How often a credential was used since that was asked for last ({@link CredentialUses}). Held beside what the credential stands for, so that to
 * count costs no look-up. Thread-safe.
 */
final class CredentialUse {

    private static final AtomicIntegerFieldUpdater<CredentialUse> TIMES =
            AtomicIntegerFieldUpdater.newUpdater(CredentialUse.class, "times");

    private final String clientId;
    private final @Nullable String keyId;

    @SuppressWarnings("UnusedVariable") // by TIMES alone
    private volatile int times;

    /** The one that was used before it, while it is in the list; belongs to whoever puts it there or takes it. */
    @Nullable
    CredentialUse next;

    /** @param keyId null for the client's own secret */
    CredentialUse(String clientId, @Nullable String keyId) {
        this.clientId = clientId;
        this.keyId = keyId;
    }

    String clientId() {
        return clientId;
    }

    @Nullable
    String keyId() {
        return keyId;
    }

    /** Returns whether it was the first time. */
    boolean count() {
        return TIMES.getAndIncrement(this) == 0;
    }

    /** How often; from now on it counts anew. */
    int take() {
        return TIMES.getAndSet(this, 0);
    }
}
