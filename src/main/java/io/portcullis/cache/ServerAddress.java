package io.portcullis.cache;

/** Where a server listens. */
public record ServerAddress(String host, int port) {

    /**
     * Checks the ranges.
     *
     * @throws IllegalArgumentException naming the part that is out of range
     */
    public ServerAddress {
        if (host.isBlank()) {
            throw new IllegalArgumentException("redis: host must not be empty");
        }
        if (port < 1 || port > 65_535) {
            throw new IllegalArgumentException("redis: port must be 1 to 65535");
        }
    }

    /** As it stands in a URL and in logs. */
    @Override
    public String toString() {
        return (host.contains(":") && !host.startsWith("[") ? "[" + host + "]" : host) + ":" + port;
    }
}
