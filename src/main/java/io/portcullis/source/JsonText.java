package io.portcullis.source;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;

/** Whether JSON that somebody sent can be stored as it is: PostgreSQL's text has no NUL and no half of a surrogate pair. */
final class JsonText {

    /** Deeper than anything a person has written. */
    static final int DEEPEST = 64;

    private JsonText() {}

    static void check(JsonObject json) throws SourceFault {
        check(json, 0);
    }

    private static void check(Object value, int depth) throws SourceFault {
        if (depth > DEEPEST) {
            throw new SourceFault("it is nested deeper than " + DEEPEST);
        }
        if (value instanceof String text) {
            if (!isWellFormed(text)) {
                throw new SourceFault("it has a text with NUL or half a surrogate pair in it");
            }
        } else if (value instanceof JsonObject object) {
            for (String name : object.fieldNames()) {
                check(name, depth);
                Object member = object.getValue(name);
                if (member != null) {
                    check(member, depth + 1);
                }
            }
        } else if (value instanceof JsonArray array) {
            for (Object entry : array) {
                if (entry != null) {
                    check(entry, depth + 1);
                }
            }
        } else if (value instanceof Double number && !Double.isFinite(number)) {
            throw new SourceFault("it has a number beyond 1.8E308");
        }
    }

    private static boolean isWellFormed(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == 0 || Character.isLowSurrogate(c)) {
                return false;
            }
            if (Character.isHighSurrogate(c)) {
                i++;
                if (i == text.length() || !Character.isLowSurrogate(text.charAt(i))) {
                    return false;
                }
            }
        }
        return true;
    }
}
