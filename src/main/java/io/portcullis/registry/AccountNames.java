package io.portcullis.registry;

import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Under which names a client is found beside its keys: {@code client:{client_id}} and {@code client:user:{user_id}}.
 *
 * @param ownerUserId null where it has no owner
 */
public record AccountNames(String clientId, @Nullable String ownerUserId) {

    /** In Redis, without the prefix. */
    List<String> inRedis() {
        return Stream.concat(
                        Stream.of(RedisTier.clientName(clientId)),
                        Stream.ofNullable(ownerUserId).map(OwnedTier::name))
                .toList();
    }
}
