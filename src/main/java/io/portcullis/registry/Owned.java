package io.portcullis.registry;

import io.portcullis.freshness.Position;
import java.util.List;

/**
 * Which clients a user owns.
 *
 * @param clientIds in order, {@link OwnedClients#MOST} at most
 * @param asOf the newest change that was visible to the statement that read it from PostgreSQL
 */
record Owned(String userId, List<String> clientIds, Position asOf) {}
