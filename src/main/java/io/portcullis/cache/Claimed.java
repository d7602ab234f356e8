package io.portcullis.cache;

import java.util.List;

/**
 * What came of claiming entries. What is in neither list belongs to somebody else by now, or was acknowledged.
 *
 * @param entries are the claimant's now
 * @param gone were pending, and are no longer in the stream: trimmed or deleted. To be acknowledged, as older servers keep them pending
 */
public record Claimed(List<StreamEntry> entries, List<StreamId> gone) {}
