/**
 * The shared tier: a Redis link per event loop, typed operations on top of it, and the strategies by which others keep things in it.
 *
 * <p>Start at {@link io.portcullis.cache.RedisLinks}, which hands out links, and {@link io.portcullis.cache.RedisCache}, which speaks
 * through one; {@link io.portcullis.cache.RedisStream} is for streams that we share with others, {@link io.portcullis.cache.CacheAside} for what is
 * asked of somebody else and held for a while. The connections are those of vertx-redis-client and are spoken to in RESP2.
 *
 * <pre>
 * CacheAside (NearTier, SealedValues, Flights)
 * RedisCache, Pipeline, Transaction, RedisKeyspace, DistributedLock; RedisStream, StreamGroup
 *   RedisLink: ServerLink (one server, or the master that Sentinels name)
 *              ClusterLink (a ServerLink to each master; slots, MOVED, ASK)
 *     Dialler: RedisDialler (that server), MasterDialler (asks the Sentinels, and the server whether it is master)
 *       GuardedConnection
 * </pre>
 *
 * <p>The strategies are decorators that know no Redis (but for cache-aside), and each has a user:
 *
 * <pre>
 * ReadThrough    clients and keys of the look-up ladder, and which clients a user owns   registry.CacheVerticle
 * CacheAside     users of the User Service                                               upstream.UserServiceVerticle
 * WriteThrough   a client that is registered, by its id and by its owner's               accounts.Clients
 * WriteAround    a client that is changed, and the steps of its life                     accounts.Clients
 * WriteBehind    last use and counts of keys, traffic of each minute                     usage
 * </pre>
 *
 * <p>That library's own Sentinel and Cluster clients are not used: they take a pooled connection for each command, of which the guards
 * below know nothing.
 *
 * <p>What this room guarantees:
 *
 * <ul>
 *   <li>An answer is given to the command that asked for it or to nobody. A reply that no command waits for, of a shape that its command
 *       cannot have, or that is no RESP2, costs the connection, and all that waited on it fails, also what was answered in the same read.
 *       A server that lies in good form cannot be caught here: what trusts a value must check a MAC over value and name.
 *   <li>A caller waits no longer than the smaller of {@code command-timeout} and its {@link io.portcullis.bus.Deadline}.
 *   <li>Commands in flight and the time between two attempts to connect are bounded. How large a reply grows is bounded by time only.
 *   <li>A failure is one of {@link io.portcullis.cache.RedisFailure}; whether it is a miss is for the caller to say.
 *   <li>No key, value, user or password is logged or carried in a failure by this room. (Vert.x itself logs a number that is none.)
 * </ul>
 *
 * <p>Why the connections are guarded ({@link io.portcullis.cache.GuardedConnection}; {@code RESPParser} and
 * {@code RedisStandaloneConnection} of 5.0.10; {@code LibraryGuardTest} plays each case):
 *
 * <ul>
 *   <li>A bulk string that does not end in CRLF is given to every waiting command, and then to nobody for ever, on the event loop: answers
 *       are held back until the read is over, and a reply nobody waits for throws, which ends that loop.
 *   <li>Without a handler such a reply is logged with its value: there is always one. Only while the library introduces itself there
 *       cannot be one: a server that refuses that introduction and sends such a bulk string in the same breath still holds the event loop
 *       and fills the log. Nothing outside the library can prevent that.
 *   <li>After a protocol error the socket stays open, and {@code RedisConnection.close} only returns it to a pool: each connection has a
 *       client of its own, which is closed.
 *   <li>Commands have no time-out, a line may be endless, the parser throws at some nonsense: who owes an answer loses the connection.
 *   <li>Connections do not come back by themselves: the link dials again.
 * </ul>
 *
 * <p>May import {@code io.portcullis.bus} and no other package of ours.
 */
@NullMarked
package io.portcullis.cache;

import org.jspecify.annotations.NullMarked;
