package io.portcullis.management;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.json.schema.OutputUnit;
import io.vertx.json.schema.Validator;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What is wrong with a value that somebody sent, in words for him: where, and what. */
final class Faults {

    private static final String UNKNOWN = "additionalProperties";

    private Faults() {}

    /** Null where nothing is. */
    static @Nullable String of(@Nullable Object value, Validator validator) {
        OutputUnit result = validator.validate(value);
        if (Boolean.TRUE.equals(result.getValid())) {
            return unfit(value, "");
        }
        List<OutputUnit> errors = result.getErrors();
        if (errors == null || errors.isEmpty()) {
            return "is not of the shape that is asked for";
        }
        // A field that is wrong is reported as unknown as well, and each level above it once more: the deepest says
        // what it is.
        OutputUnit deepest = errors.stream()
                .max(Comparator.comparing((OutputUnit error) -> !isUnknown(error) || errors.size() <= 2)
                        .thenComparing(error -> depth(error.getKeywordLocation())))
                .orElseThrow();
        String at = deepest.getInstanceLocation().replaceFirst("^#/?", "");
        String what = isUnknown(deepest) ? "there is no field of this name" : deepest.getError();
        return at.isEmpty() ? what : at + ": " + what;
    }

    /** Text that neither JSON's other readers nor PostgreSQL can hold: NUL, and half of a surrogate pair. */
    private static @Nullable String unfit(@Nullable Object value, String at) {
        if (value instanceof String text) {
            return isUnfit(text) ? at + ": a character that cannot be stored" : null;
        }
        if (value instanceof JsonObject object) {
            for (Map.Entry<String, Object> field : object) {
                String fault = isUnfit(field.getKey())
                        ? at + ": a name with a character that cannot be stored"
                        : unfit(field.getValue(), at.isEmpty() ? field.getKey() : at + "/" + field.getKey());
                if (fault != null) {
                    return fault;
                }
            }
        }
        if (value instanceof JsonArray array) {
            for (int i = 0; i < array.size(); i++) {
                String fault = unfit(array.getValue(i), at + "/" + i);
                if (fault != null) {
                    return fault;
                }
            }
        }
        if (value instanceof Double number && !Double.isFinite(number)) {
            return at + ": a number that is too large";
        }
        return null;
    }

    private static boolean isUnfit(String text) {
        return text.indexOf('\0') >= 0
                || text.codePoints().anyMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE);
    }

    private static boolean isUnknown(OutputUnit error) {
        return error.getKeywordLocation().endsWith("/" + UNKNOWN);
    }

    private static long depth(String location) {
        return location.chars().filter(c -> c == '/').count();
    }
}
