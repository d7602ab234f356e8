/**
 * Who calls, and may they: the pure part. Credentials as they are presented, our key format, digests and hashes, address rules, and the
 * {@link io.portcullis.auth.Decision}.
 *
 * <p>Guarantees: secrets are compared in constant time; unknown, wrong, revoked and expired are one refusal; nothing here waits, and
 * nothing here throws for what a caller or a database row contains. Only {@link io.portcullis.auth.SlowHash#matches} takes long.
 *
 * <p>Imports no other package of ours, no Vert.x, and does no I/O.
 */
@NullMarked
package io.portcullis.auth;

import org.jspecify.annotations.NullMarked;
