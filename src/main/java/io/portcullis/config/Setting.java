package io.portcullis.config;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One key with its effective value.
 *
 * @param value as it was read, a secret in a type that hides it; {@code null} for none
 * @param shown the value as it may be shown, secrets masked: one text, or each of a list; {@code null} for none
 * @param source {@code default}, {@code file:line:column}, or the name of an environment variable
 * @param reloaded whether a running gateway takes it over when its file changes
 */
public record Setting(
        String path,
        @Nullable Object value,
        @Nullable List<String> shown,
        boolean list,
        String source,
        boolean reloaded) {}
