package io.portcullis.management;

import io.portcullis.accounts.Asked;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An operation that was called, by somebody who may, with parameters and a body as the contract has them.
 *
 * @param parameters by name, those that were sent and those that have a default
 * @param body empty where none was sent
 */
public record Call(Asked asked, Map<String, Object> parameters, JsonObject body) {

    /** A parameter that the contract requires. */
    public String need(String name) {
        return Objects.requireNonNull(text(name), name);
    }

    public @Nullable String text(String name) {
        Object value = parameters.get(name);
        return value == null ? null : value.toString();
    }

    /** A parameter that the contract requires, or gives a default. */
    public int number(String name) {
        return ((Number) Objects.requireNonNull(parameters.get(name), name)).intValue();
    }

    public boolean flag(String name) {
        return Boolean.TRUE.equals(parameters.get(name));
    }
}
