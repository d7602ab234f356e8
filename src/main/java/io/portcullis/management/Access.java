package io.portcullis.management;

import io.portcullis.accounts.Principal;
import io.portcullis.accounts.Tokens;
import io.portcullis.bus.Deadline;
import io.vertx.core.Future;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Whose token is presented. That of the configuration works without a database. */
public final class Access {

    private static final Duration LIMIT = Duration.ofSeconds(2);
    private static final String SCHEME = "Bearer ";

    private final byte[] configured;
    private final Tokens tokens;

    /** @param token of the configuration */
    public Access(String token, Tokens tokens) {
        this.configured = token.getBytes(StandardCharsets.UTF_8);
        this.tokens = tokens;
    }

    /** Null where it is nobody's; fails where nobody can be asked. */
    Future<@Nullable Principal> of(@Nullable String authorization) {
        // RFC 9110 §11.1: the scheme's case does not count.
        if (authorization == null || !authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
            return Future.succeededFuture();
        }
        String token = authorization.substring(SCHEME.length()).strip();
        if (MessageDigest.isEqual(token.getBytes(StandardCharsets.UTF_8), configured)) {
            return Future.succeededFuture(Principal.CONFIGURED);
        }
        return tokens.authenticate(token, Deadline.in(LIMIT));
    }

    /** Without the token. */
    @Override
    public String toString() {
        return "access to the management port";
    }
}
