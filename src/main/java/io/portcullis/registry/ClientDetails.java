package io.portcullis.registry;

import java.util.List;

/**
 * A client and its keys.
 *
 * @param keys by id, {@value ClientDirectory#MOST_KEYS} at most
 * @param moreKeys whether there are more than these
 */
public record ClientDetails(ClientEntry client, List<KeyEntry> keys, boolean moreKeys) {

    public ClientDetails {
        keys = List.copyOf(keys);
    }
}
