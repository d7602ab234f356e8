/**
 * Clients and their keys: the registry, and the ladder by which a credential finds its record.
 *
 * <pre>
 * Authenticator → NearCache → (bus) CacheVerticle → RedisTier → StoreLimit → (bus) StoreVerticle → PgClientRegistry
 * OwnedClients               → (bus) CacheVerticle → OwnedTier              → (bus) StoreVerticle → PgClientRegistry
 * </pre>
 *
 * <p>{@code client:user:{user_id}} has ids only, and is judged by a fence as everything is: the change log names the owners whose clients a
 * change has changed. Who registers or changes a client has the cache verticles keep or drop both names before he is answered
 * ({@link io.portcullis.registry.OwnedClients}); that makes the next look-up cheap, and nothing rests on it.
 *
 * <p>Guarantees: PostgreSQL is the truth and is written first; a tier that fails is a failed future, never "no such key"; PostgreSQL is given no
 * more at once than it can do, and the rest is refused in milliseconds; one look-up of a
 * key is under way at a time in each process; nothing from Redis counts unless its MAC says that this installation wrote it, for that
 * name; no record decides that freshness' fences keep out or that nobody has confirmed lately; rows written by others are served or refused,
 * whatever is in them; a slow hash is computed on threads of its own, so many at once, of one client one at a time.
 *
 * <p>May import auth, bus, cache, database and freshness.
 */
@NullMarked
package io.portcullis.registry;

import org.jspecify.annotations.NullMarked;
