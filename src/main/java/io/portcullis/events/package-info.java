/**
 * Events of the Admin Service: they come on a Redis stream, and what they say of clients is applied to the registry.
 *
 * <pre>
 * AdminEventsVerticle → EventConsumer: StreamGroup (read, claim, acknowledge)
 *                       BatchWriter → EventReader (an entry as an event), EventSink → SourceWriter (one transaction)
 *                       DeadLetters (stream:dlq)
 *                       StreamWatch (lag, age, what went lost)
 * </pre>
 *
 * <p>What it guarantees:
 *
 * <ul>
 *   <li>An entry is acknowledged after its event was committed, or put among the dead letters, or found to be of a type that means nothing to
 *       this build; never before. What is done twice for that is a duplicate to the writer, which remembers ids.
 *   <li>PostgreSQL away is no try: one batch is kept in memory and written again and again, and nothing else is read or claimed meanwhile.
 *   <li>An entry whose event is refused takes no other with it. It is tried {@code tries} times, {@code claim-after} apart, then it is a dead
 *       letter with its fields as they were and the reason.
 *   <li>An entry that was delivered often, because who held it died, is tried alone before anything is concluded of it. It is given up
 *       untried only after {@link io.portcullis.events.EventConsumer#UNTRIED} times {@code tries} deliveries: by then processes have died with it
 *       in hand for an hour, and it is what kills them.
 *   <li>A stream or group that was flushed or deleted is made again and read from its beginning.
 *   <li>Entries that went out of the stream before they were applied are counted and logged; only a sync brings back what they said.
 *   <li>One line in the log when Redis or PostgreSQL goes and one when it is back; no field of an event is logged.
 * </ul>
 *
 * <p>Memory: one batch, read ahead by nothing. It has at most {@code batch} entries, and as many as make up some 8 MB by the average of the
 * batch before (it begins with 16). Redis sends entries whole, so that those which are larger than the ones before
 * are held as they come; more than 256 KB is then refused.
 *
 * <p>Why it is opt-in ({@code deployment.admin-events.instances} is 0): events have no MAC. Whoever may write to that stream can make clients
 * and give them keys, which a Redis that is only a cache lets nobody do. Who switches it on answers for who may write there (ACL: XADD on that
 * key for the Admin Service alone).
 *
 * <p>May import bus, cache and source.
 */
@NullMarked
package io.portcullis.events;

import org.jspecify.annotations.NullMarked;
