package io.portcullis.cache;

/**
 * A moment by the clock of one server. Clocks of two servers, or of one before and after its restart, must not be held against each other.
 *
 * @param server the id of that server's run
 * @param micros since 1970
 */
public record RedisClock(String server, long micros) {}
