package io.portcullis.sync;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What the last comparison said of a client.
 *
 * @param cid content id of the client as it was here; null where it was not here, or was never compared
 * @param status MATCHED, REPAIRED, REPORTED or ABSENT_AT_SOURCE
 * @param syncedAt when the two were compared, by PostgreSQL's clock
 */
public record CidEntry(String clientId, @Nullable String cid, String status, Instant syncedAt) {}
