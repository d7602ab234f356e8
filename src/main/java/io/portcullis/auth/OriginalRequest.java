package io.portcullis.auth;

import org.jspecify.annotations.Nullable;

/**
 * What the caller asked the front end for, as the front end says; each part null where it does not say.
 *
 * @param method HTTP method
 * @param uri request target: path and query
 * @param host the host it was asked of, with its port if one was named
 * @param scheme http or https
 */
public record OriginalRequest(
        @Nullable String method,
        @Nullable String uri,
        @Nullable String host,
        @Nullable String scheme) {}
