package io.portcullis.config;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One key with its effective value.
 *
 * @param shown the value as it may be shown, secrets masked: one text, or each of a list; {@code null} for none
 * @param source {@code default}, {@code file:line:column}, or the name of an environment variable
 */
public record Setting(String path, @Nullable List<String> shown, boolean list, String source) {}
