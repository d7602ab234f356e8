package io.portcullis.registry;

import io.portcullis.freshness.Position;
import org.jspecify.annotations.Nullable;

/**
 * A record together with how fresh it is. "There is none" is a record like any other.
 *
 * @param value null where there is none
 * @param asOf the newest change that was visible to the statement that read it from PostgreSQL
 */
public record Cached<T>(@Nullable T value, Position asOf) {}
