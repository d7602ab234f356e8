/**
 * The second port: what operators and their machines ask. Metrics and health for whoever reaches the port; {@code /admin/v1} only with the
 * token.
 *
 * <p>Guarantees: a node is ready as long as it can answer, from its cache if need be; it is not while it drains, before it has started, and
 * where the database would not tell it of changes.
 *
 * <p>Imports no other package of ours; what it reports is handed to it. Imported by the composition root alone.
 */
@NullMarked
package io.portcullis.management;

import org.jspecify.annotations.NullMarked;
