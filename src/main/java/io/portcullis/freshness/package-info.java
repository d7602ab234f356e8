/**
 * How a process knows that what it has cached still holds: it follows PostgreSQL's change log, and every record is held against it when it
 * is used.
 *
 * <h2>The protocol</h2>
 *
 * <p><b>Position</b> = (epoch, seq). Whoever changes a record, the log row commits with it, and seq is the order in which commits become
 * visible: who has read n has read all before n. An epoch is one history of the database. It changes with the cluster, with a failover (the
 * timeline) and with a counter; a counter that was used is never used again, as a restore takes it back, too.
 *
 * <p><b>Tail</b> ({@link io.portcullis.freshness.Tail}), the one writer of all that follows, on one thread. For each commit, in this order:
 * <ol>
 *   <li>raise the fence of each record: nothing of it below this version counts;
 *   <li>evict what is held of it, which only makes room;
 *   <li>tell the process ({@link io.portcullis.freshness.Changes}), which clears Redis, an optimisation;
 *   <li>move the position.
 * </ol>
 * Woken by NOTIFY and, should one be lost, by the clock. A process that starts, meets another epoch or finds the log pruned behind it drops
 * all it holds and stands at the head, with a floor there; then it reads back what changed lately, and lowers the floor as far as fences
 * stand. A log that ends before the position, has another transaction at it, or ends before a position that another node has told through
 * Redis, is another history under the same epoch (a restore): then the tail raises the epoch itself.
 *
 * <p><b>Acceptance.</b> A record carries its version and {@code asOf}, the position that was visible to the very statement that read it. It
 * counts if and only if it is of this epoch, {@code version ≥ fence(id)} and {@code asOf ≥ floor}. "There is none" has no version: it counts
 * if {@code asOf} is not before the seq of the fence. Checked at each use: of a near entry, of a Redis record, of an answer for which
 * several waited ({@link io.portcullis.freshness.Fences}). A near entry that was admitted once is looked at again only when a change was
 * applied since. Nothing rests on a deletion in Redis or on a clock.
 *
 * <p><b>Lease</b> ({@link io.portcullis.freshness.Freshness}). A process knows of every change up to the moment its last applied reading was
 * <em>sent</em>. For {@code freshness.lease} from then it decides by what it holds. After that, {@code registry:applied} in Redis, written by
 * processes that hold a lease, may confirm: as of a moment no later than it was written there was no change above a seq. If that seq is
 * applied here, all that is held is confirmed as of that moment; if not, what was read at or above it is. What nothing confirms serves for
 * the grace, marked.
 *
 * <p><b>Heartbeat and barrier</b> ({@link io.portcullis.freshness.Heart}, {@link io.portcullis.freshness.Nodes}). PostgreSQL knows each node's
 * position and how long after its last beat it may decide without asking: lease + the longest grace it uses. The barrier waits for every node
 * to have applied a change or to be silent for that long.
 *
 * <h2>Invariants</h2>
 *
 * <ol>
 *   <li>A fence stands before the position that covers it is published, and until the floor has passed it. Who drops a fence raises the floor
 *       first; who checks looks for the fence first. Changes are counted when their fences stand; who remembers that a record was admitted
 *       has taken the count before he looked.
 *   <li>The position is applied for every thread: fences and near cache are the process's.
 *   <li>Only a reading sent after a heartbeat was acknowledged, with no gap in the heartbeats since, gives a lease. Else a barrier may have
 *       looked between the two, found nobody to wait for, and said what is not true.
 *   <li>A process decides by nothing it holds once its last heartbeat is older than lease + grace, whoever confirms it: nobody waits for it any
 *       more. PostgreSQL's own answers count then if they were asked for after the request came.
 *   <li>A grace longer than the configured one is used only after a heartbeat has announced it.
 *   <li>What rows show and what is pruned comes from one snapshot; pruning spares what a node that may accept has still to read, and the newest
 *       commit.
 *   <li>All moments are monotonic clocks': this process's for the lease, Redis' for {@code registry:applied}, PostgreSQL's for heartbeats. They
 *       are compared with themselves only; one of the two that is set forward or back by hand makes the other nodes' view of a silent one wrong by
 *       as much. (A virtual machine that is suspended may stop its monotonic clock; nothing here can see that.)
 * </ol>
 *
 * <p>Guarantees: F1, once a node has applied (id, v) it never again decides by a version of id below v; F2, a node that is cut off does so for
 * lease + grace at most; F3, a committed change reaches every node that comes back, as far as PostgreSQL keeps what it has acknowledged; F4,
 * a change costs the same however much is cached. {@code src/model} has the protocol as a model that is searched exhaustively.
 *
 * <p>Where this differs from the design: a key's near entry is refused, not sought out (see {@code NearCache}); Redis confirms a node that is
 * cut off no longer than the barrier waits for it, without which the barrier would not be true; a commit of more than a few hundred records
 * is not cleared from Redis, whose readers refuse what is outdated anyway.
 *
 * <p>May import auth, bus, cache and database.
 */
@NullMarked
package io.portcullis.freshness;

import org.jspecify.annotations.NullMarked;
