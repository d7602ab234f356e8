/**
 * How old may a record be that decides: positions in the change log, and the window in which a record counts.
 *
 * <p>So far a record counts by its age alone: it decides for {@code freshness.lease} after it was read from PostgreSQL, and for
 * {@code freshness.grace} more only while nothing can confirm it, visibly. Nothing tells a node of a change; it finds out when the lease
 * of its copy ends. The change log is written already, by the triggers of {@code db/migration}; nobody reads it yet.
 */
@NullMarked
package io.portcullis.freshness;

import org.jspecify.annotations.NullMarked;
