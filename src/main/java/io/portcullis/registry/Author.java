package io.portcullis.registry;

import org.jspecify.annotations.Nullable;

/**
 * Who changes something, and why: what the audit row says.
 *
 * @param actor for example {@code cli:alice} or {@code gateway}
 */
public record Author(
        String actor, @Nullable String reason, @Nullable String correlationId) {

    public static Author of(String actor) {
        return new Author(actor, null, null);
    }
}
