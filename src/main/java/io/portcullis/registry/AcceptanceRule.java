package io.portcullis.registry;

import io.portcullis.auth.Client;
import io.portcullis.auth.ClientKey;
import io.portcullis.freshness.Fences;
import io.portcullis.freshness.Position;
import io.portcullis.registry.RecordRefusals.Reason;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Whether a record counts for this process: of its epoch, not below the floor, not below the record's fence. The reader decides; nothing
 * rests on a deletion in Redis having happened.
 */
class AcceptanceRule {

    /** Why the answer to a question does not count; null where it does. */
    @Nullable
    Reason fault(Query query, Found found, Fences fences) {
        Cached<ClientKey> key = found.key();
        Reason fault = null;
        if (key != null) {
            fault = key.value() == null
                    ? query instanceof Query.ByDigest asked
                            ? fault(
                                    key.asOf(),
                                    fences,
                                    fences.admitsNoKey(
                                            asked.digest(), key.asOf().seq()))
                            : null
                    : fault(key, fences);
        }
        Cached<Client> client = found.client();
        if (fault != null || client == null) {
            return fault;
        }
        String id = query instanceof Query.ByClientId asked
                ? asked.clientId()
                : found.keyValue() == null ? null : found.keyValue().clientId();
        if (client.value() == null && id != null) {
            return fault(
                    client.asOf(),
                    fences,
                    fences.admitsNoClient(id, client.asOf().seq()));
        }
        return client.value() == null ? null : fault(client, fences);
    }

    /** As for an answer, for a record of a key or a client that there is. */
    @Nullable
    Reason fault(Cached<?> record, Fences fences) {
        long asOf = record.asOf().seq();
        boolean admitted;
        if (record.value() instanceof ClientKey key) {
            admitted = fences.admitsKey(key.keyId(), key.version(), asOf);
        } else {
            Client client = (Client) Objects.requireNonNull(record.value());
            admitted = fences.admitsClient(client.clientId(), client.version(), asOf);
        }
        return fault(record.asOf(), fences, admitted);
    }

    private static @Nullable Reason fault(Position asOf, Fences fences, boolean admitted) {
        if (!fences.isEpoch(asOf.epoch())) {
            return Reason.EPOCH;
        }
        if (admitted) {
            return null;
        }
        return asOf.seq() < fences.floor() ? Reason.FLOOR : Reason.FENCE;
    }
}
