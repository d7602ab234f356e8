package io.portcullis.auth;

import java.time.InstantSource;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Decides by records that were found for a credential: key, client, status, expiry, address, in that order. A client that did not prove
 * itself learns nothing but that; one that did is told what stands against it.
 */
public final class Verifier {

    private Verifier() {}

    /**
     * The decision on a proven key.
     *
     * @param client the client it belongs to, null where that is gone
     * @param clock asked only for a key that has a beginning or an end
     * @param address where the call comes from; asked for only if the client has address rules; null where it cannot be told
     * @param record what holds the client
     */
    public static Decision decide(
            ClientKey key,
            @Nullable Client client,
            InstantSource clock,
            Supplier<@Nullable IpAddress> address,
            boolean stale,
            Attachable record) {
        if (client == null || !key.isValid(clock)) {
            return new Decision.Denied(Refusal.INVALID_CREDENTIALS);
        }
        return decide(client, key, address, stale, record);
    }

    /** The decision on a client that proved itself by its own secret. */
    public static Decision decide(
            Client client, Supplier<@Nullable IpAddress> address, boolean stale, Attachable record) {
        return decide(client, null, address, stale, record);
    }

    private static Decision decide(
            Client client,
            @Nullable ClientKey key,
            Supplier<@Nullable IpAddress> address,
            boolean stale,
            Attachable record) {
        if (client.status() == ClientStatus.REVOKED) {
            return new Decision.Denied(Refusal.INVALID_CREDENTIALS);
        }
        if (client.status() != ClientStatus.ACTIVE || client.fault() != null || (key != null && key.fault() != null)) {
            return new Decision.Denied(Refusal.CLIENT_NOT_ACTIVE);
        }
        if (!client.allowedIps().isEmpty()) {
            IpAddress from = address.get();
            if (from == null || !client.allowedIps().contains(from)) {
                return new Decision.Denied(Refusal.ADDRESS_NOT_ALLOWED);
            }
        }
        return new Decision.Allowed(client, key, stale, record);
    }
}
