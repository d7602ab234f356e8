package io.portcullis.source;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import org.erdtman.jcs.JsonCanonicalizer;
import org.jspecify.annotations.Nullable;

/**
 * A client's metadata, as it was written and in canonical form (RFC 8785). Two are equal if they mean the same: order of members, blanks and
 * the way in which a number is written do not count, and numbers are compared as IEEE 754 doubles, as that standard has it.
 */
final class Metadata {

    static final int LONGEST = 64 * 1024;

    private final String text;
    private final String canonical;

    private Metadata(String text, String canonical) {
        this.text = text;
        this.canonical = canonical;
    }

    static Metadata of(JsonObject json) throws SourceFault {
        String text = json.encode();
        if (text.length() > LONGEST) {
            throw new SourceFault("metadata is longer than " + LONGEST + " characters");
        }
        try {
            return new Metadata(text, canonical(text));
        } catch (IOException | RuntimeException e) {
            throw new SourceFault("metadata has no canonical form");
        }
    }

    /** As a row has it, whatever somebody wrote there: what has no canonical form is equal to nothing else. */
    static Metadata ofRow(@Nullable String text) {
        if (text == null || text.length() > 2 * LONGEST) {
            return new Metadata("{}", "too long");
        }
        try {
            return new Metadata(text, canonical(new JsonObject(text).encode()));
        } catch (DecodeException | ClassCastException | IOException e) {
            return new Metadata(text, "no object " + text);
        }
    }

    private static String canonical(String text) throws IOException {
        return new JsonCanonicalizer(text).getEncodedString();
    }

    /** As it was written, but for blanks. */
    JsonObject written() {
        return new JsonObject(text);
    }

    /** The object; where there is none, what sets it apart from all objects. */
    Object json() {
        return canonical.startsWith("{") ? new JsonObject(canonical) : canonical;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Metadata that && that.canonical.equals(canonical);
    }

    @Override
    public int hashCode() {
        return canonical.hashCode();
    }

    @Override
    public String toString() {
        return canonical;
    }
}
