/**
 * The second port: what operators and their machines ask. Metrics and health for whoever reaches the port; {@code /admin/v1} only with a
 * token.
 *
 * <p>{@link io.portcullis.management.Contract} is the OpenAPI file, and the routes are built of it: roles, parameters and bodies are checked
 * by what stands there ({@link io.portcullis.management.Api}), for all operations in one place.
 *
 * <p>Guarantees: a node is ready as long as it can answer, from its cache if need be; it is not while it drains, before it has started, and
 * where the database would not tell it of changes.
 *
 * <p>May import accounts, auth and bus; what else it reports is handed to it. Imported by the composition root alone.
 */
@NullMarked
package io.portcullis.management;

import org.jspecify.annotations.NullMarked;
