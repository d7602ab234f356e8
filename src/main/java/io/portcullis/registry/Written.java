package io.portcullis.registry;

import io.portcullis.auth.Client;
import io.portcullis.freshness.Position;
import org.jspecify.annotations.Nullable;

/**
 * A write that is committed.
 *
 * @param client as it is now
 * @param position a node that has applied it decides by this write; null where the write took place and the database could not be asked
 *     any more
 */
public record Written(Client client, @Nullable Position position) {}
