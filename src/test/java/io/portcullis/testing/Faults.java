package io.portcullis.testing;

import io.vertx.core.json.JsonObject;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is wrong with a {@link StandInServer}, in the words of {@code PUT /faults}. Where several are asked for, the delay comes first, and
 * then the first of the others in the order below.
 *
 * @param failEvery these befall every so-many-th request; 1 for each
 * @param delayMillis {@code delay_ms}
 * @param hang no answer for ever
 * @param close the connection is closed instead of an answer
 * @param status instead of an answer, from 400; 0 for none
 * @param redirect to this URL
 * @param body this instead of what would be right, with status 200
 * @param malformed JSON that breaks off
 * @param truncated an answer whose connection closes in the middle of it
 * @param oversizeBytes {@code oversize_bytes}: JSON of so many bytes, without saying so in advance
 * @param wrongId the answer about one thing is of another
 */
public record Faults(
        int failEvery,
        long delayMillis,
        boolean hang,
        boolean close,
        int status,
        @Nullable String redirect,
        @Nullable String body,
        boolean malformed,
        boolean truncated,
        long oversizeBytes,
        boolean wrongId) {

    private static final Set<String> KEYS = Set.of(
            "fail_every",
            "delay_ms",
            "hang",
            "close",
            "status",
            "redirect",
            "body",
            "malformed",
            "truncated",
            "oversize_bytes",
            "wrong_id");

    /** @throws RuntimeException where it is not what this knows */
    static Faults of(JsonObject json) {
        for (String key : json.fieldNames()) {
            if (!KEYS.contains(key)) {
                throw new IllegalArgumentException("no fault " + key + ", only " + KEYS);
            }
        }
        return new Faults(
                Math.max(1, json.getInteger("fail_every", 1)),
                json.getLong("delay_ms", 0L),
                json.getBoolean("hang", false),
                json.getBoolean("close", false),
                json.getInteger("status", 0),
                json.getString("redirect"),
                json.getString("body"),
                json.getBoolean("malformed", false),
                json.getBoolean("truncated", false),
                json.getLong("oversize_bytes", 0L),
                json.getBoolean("wrong_id", false));
    }
}
