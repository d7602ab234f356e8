package io.portcullis.config;

import org.jspecify.annotations.Nullable;

/**
 * One standalone Redis: {@code redis://user:password@host:6379/0}; {@code rediss://} for TLS. Parts are percent-decoded.
 *
 * @param user {@code null} for the default user
 */
public record RedisUrl(
        String host,
        int port,
        @Nullable String user,
        @Nullable Secret password,
        int db,
        boolean tls) {
    public static final int DEFAULT_PORT = 6379;

    public RedisUrl {
        UrlParts.require(Hosts.isHost(host), "has a malformed host");
        UrlParts.require(port >= 1 && port <= 65_535, "has a port that is not between 1 and 65535");
        UrlParts.require(db >= 0, "has a negative database");
        UrlParts.require(user == null || password != null, "has a user but no password");
    }

    /**
     * Reads a URL.
     *
     * @throws IllegalArgumentException saying what is wrong, without quoting anything that may be a secret
     */
    public static RedisUrl parse(String text) {
        UrlParts url = UrlParts.parse(text, "redis", "rediss");
        UrlParts.require(url.query().isEmpty(), "takes no parameters");
        UrlParts.require(url.path().matches("[0-9]{0,5}"), "must end in the number of a database, as in /0");
        int db = url.path().isEmpty() ? 0 : Integer.parseInt(url.path());
        boolean tls = url.scheme().equals("rediss");
        return new RedisUrl(url.host(), url.portOr(DEFAULT_PORT), url.user(), url.password(), db, tls);
    }

    /** Scheme, host, port and database, as clients take them that are given user and password apart. */
    public String withoutCredentials() {
        return scheme() + Hosts.inUrl(host) + ":" + port + "/" + db;
    }

    /** The URL with its password masked. */
    @Override
    public String toString() {
        String credentials =
                password == null ? "" : (user == null ? "" : UrlParts.encode(user)) + ":" + Secret.MASK + "@";
        return scheme() + credentials + Hosts.inUrl(host) + ":" + port + "/" + db;
    }

    private String scheme() {
        return tls ? "rediss://" : "redis://";
    }
}
