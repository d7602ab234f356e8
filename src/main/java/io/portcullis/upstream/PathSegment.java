package io.portcullis.upstream;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;

/** Texts in a URL. */
final class PathSegment {

    private PathSegment() {}

    /** For a path segment as well as for a query, where a space is not a plus. */
    static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
