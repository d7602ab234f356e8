package io.portcullis.sync;

import java.time.Instant;

/**
 * A page of the source.
 *
 * @param askedAt before it was sent, by this process's clock
 */
record AskedPage(ClientSource.Page page, Instant askedAt) {}
