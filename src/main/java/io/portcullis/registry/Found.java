package io.portcullis.registry;

import io.portcullis.auth.Client;
import io.portcullis.auth.ClientKey;
import org.jspecify.annotations.Nullable;

/**
 * What a look-up found.
 *
 * @param key null if a client was asked for; else the key, or that there is none
 * @param client null if there is no such key; else the client, or that there is none
 * @param confirmedNanos as of when it is known to be the truth, on {@link System#nanoTime()}'s clock
 */
public record Found(
        @Nullable Cached<ClientKey> key, @Nullable Cached<Client> client, long confirmedNanos) {

    public @Nullable ClientKey keyValue() {
        return key == null ? null : key.value();
    }

    public @Nullable Client clientValue() {
        return client == null ? null : client.value();
    }
}
