/**
 * Verification: each day all clients of the source (the Admin Service) are held against the registry, and what has drifted is repaired.
 *
 * <p>Start at {@link io.portcullis.sync.SyncRun}, one pass, and at {@link io.portcullis.sync.SyncVerticle}, which says when.
 *
 * <pre>
 * SyncVerticle    when; one run at a time in all processes (SyncLock), not on an event loop (OffLoop)
 *   SyncRun       page after page, one asked for ahead; patience; the end
 *     PageWork    one page: look, and one transaction
 *     Absences    clients that the source has no more
 *     Batches     the row of the day, and its token
 * Differences     the same without writing
 * SyncRecords     what came of it, to read; Cids, with Redis before it
 * </pre>
 *
 * <h2>What becomes of a client</h2>
 * <ul>
 *   <li><b>MATCHED</b>: equal, in all that the source says. Also one of which the source has said something newer than the page, within the
 *       last hour: then the page is what is late. The next run compares it again.
 *   <li><b>REPAIRED</b>: was made equal, with an audit row {@code sync.repaired}.
 *   <li><b>REPORTED</b>: is unequal and may not be changed ({@link io.portcullis.source.Outcome#HELD}), or the source contradicts something
 *       newer that it has said long ago or dates into the future, or PostgreSQL refuses it, or it is no client's record. An audit row
 *       {@code sync.reported} when that is new, not each day.
 *   <li><b>ABSENT_AT_SOURCE</b>: the source has had it and has it no more. An audit row {@code sync.absent} when that is new. Never deleted,
 *       never suspended. A client that only this registry ever had is none of the source's business.
 * </ul>
 *
 * <p>Guarantees: a page is one transaction, with its clients' repairs, their {@code cids}, the audit and the cursor of the day's row, so each
 * client counts once however often the run is broken off; who has lost the lock writes nothing; memory does not grow with the number of
 * clients; a source that is suddenly empty or has lost most of its clients makes none absent. Times and the day are PostgreSQL's, in UTC,
 * but for the moment at which a page is asked for, which is this process's.
 *
 * <p>May import auth, bus, cache, database and source.
 */
@NullMarked
package io.portcullis.sync;

import org.jspecify.annotations.NullMarked;
