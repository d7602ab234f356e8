/**
 * Administration of clients, keys and administrators' tokens, and its audit: everything that people and their programs change through the
 * management port.
 *
 * <pre>
 * Clients, ClientKeys, Imports, Tokens, Audits   what can be asked
 *   WriteThrough, WriteAround (cache)            a registration is cached before it is answered, of a change the cache drops what it has
 *   Ledger                                       one transaction: tenant's role, work, audit row, answer kept for its Idempotency-Key
 * </pre>
 *
 * <p>What this room guarantees:
 *
 * <ul>
 *   <li>A change, its audit row and what is kept for its Idempotency-Key are one transaction.
 *   <li>Who is bound to a tenant works as {@code portcullis_tenant}, which by row-level security sees that tenant's rows and no others,
 *       whatever a statement here forgets.
 *   <li>No secret is stored: keys and tokens are shown once, and what is kept for a replay says {@code already_shown}.
 *   <li>What is not allowed is a {@link io.portcullis.accounts.Reply}; a failed future means that PostgreSQL did not answer.
 * </ul>
 *
 * <p>Row-level security is not FORCEd on clients and keys: the tenant's role does not own them, so it would add nothing, and PostgreSQL
 * refuses COPY FROM where it is, which is promised to who owns them.
 *
 * <p>May import auth, bus, cache and config (to check networks).
 */
@NullMarked
package io.portcullis.accounts;

import org.jspecify.annotations.NullMarked;
