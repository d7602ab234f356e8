/**
 * The database schema: its migrations, up and down. What the schema promises (versions, the change log, the position) is written where it is
 * made, in {@code db/migration}.
 *
 * <p>Guarantees: each migration is one transaction, applied in full or not at all; any number of gateways may start on one database at the
 * same time; going down to the end leaves the database as it was before the first migration; nothing is fetched from the network.
 *
 * <p>Imports no other package of ours.
 */
@NullMarked
package io.portcullis.database;

import org.jspecify.annotations.NullMarked;
