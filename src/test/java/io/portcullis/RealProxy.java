package io.portcullis;

/** The proxies that the tests start. */
enum RealProxy {
    NGINX,
    /** Every header of the caller gets to the gateway: it alone stands against what they say. */
    NGINX_THAT_PASSES_EVERYTHING,
    HAPROXY,
    CADDY;

    /** With the shipped files; skips the test where the program is not there. */
    FrontEnd frontEnd() {
        return switch (this) {
            case NGINX -> Nginx.shipped();
            case NGINX_THAT_PASSES_EVERYTHING -> Nginx.thatPassesEverything();
            case HAPROXY -> new Haproxy();
            case CADDY -> new Caddy();
        };
    }
}
