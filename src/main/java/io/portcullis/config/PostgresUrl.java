package io.portcullis.config;

import org.jspecify.annotations.Nullable;

/**
 * One PostgreSQL database: {@code postgresql://user:password@host:5432/database?sslmode=require}, also {@code postgres://}. Parts are
 * percent-decoded. One host; no parameter but the mode of TLS, by the name that libpq gives it.
 */
public record PostgresUrl(
        String host,
        int port,
        String database,
        String user,
        @Nullable Secret password,
        SslMode sslMode) {
    public static final int DEFAULT_PORT = 5432;
    /** What libpq takes when a URL names none. */
    public static final SslMode DEFAULT_SSL_MODE = SslMode.PREFER;

    public PostgresUrl {
        UrlParts.require(Hosts.isHost(host), "has a malformed host");
        UrlParts.require(port >= 1 && port <= 65_535, "has a port that is not between 1 and 65535");
        UrlParts.require(!user.isEmpty(), "names no user");
        UrlParts.require(!database.isEmpty(), "names no database");
    }

    /**
     * Reads a URL.
     *
     * @throws IllegalArgumentException saying what is wrong, without quoting anything that may be a secret
     */
    public static PostgresUrl parse(String text) {
        UrlParts url = UrlParts.parse(text, "postgresql", "postgres");
        SslMode sslMode = DEFAULT_SSL_MODE;
        for (var parameter : url.query().entrySet()) {
            UrlParts.require(
                    parameter.getKey().equals("sslmode"), "has an unknown parameter; only sslmode is understood");
            sslMode = SslMode.parse(parameter.getValue());
        }
        String user = url.user() == null ? "" : url.user();
        return new PostgresUrl(url.host(), url.portOr(DEFAULT_PORT), url.path(), user, url.password(), sslMode);
    }

    /** For JDBC, which takes user and password apart from it. */
    public String jdbcUrl() {
        return "jdbc:postgresql://" + Hosts.inUrl(host) + ":" + port + "/" + UrlParts.encode(database) + "?sslmode="
                + sslMode;
    }

    /** The URL with its password masked. */
    @Override
    public String toString() {
        return "postgresql://" + UrlParts.encode(user) + (password == null ? "" : ":" + Secret.MASK) + "@"
                + Hosts.inUrl(host) + ":" + port + "/" + UrlParts.encode(database) + "?sslmode=" + sslMode;
    }
}
