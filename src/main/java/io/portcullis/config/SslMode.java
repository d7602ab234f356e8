package io.portcullis.config;

/** How a connection to PostgreSQL is secured, by the names of libpq ({@code sslmode}). */
public enum SslMode {
    DISABLE("disable"),
    ALLOW("allow"),
    PREFER("prefer"),
    REQUIRE("require"),
    VERIFY_CA("verify-ca"),
    VERIFY_FULL("verify-full");

    private final String text;

    SslMode(String text) {
        this.text = text;
    }

    /**
     * Reads a mode as libpq writes it.
     *
     * @throws IllegalArgumentException if libpq knows no such mode
     */
    public static SslMode parse(String text) {
        for (SslMode mode : values()) {
            if (mode.text.equals(text)) {
                return mode;
            }
        }
        throw new IllegalArgumentException("sslmode must be disable, allow, prefer, require, verify-ca or verify-full");
    }

    @Override
    public String toString() {
        return text;
    }
}
