/**
 * What another system, the source (the Admin Service), says of clients, and how that is merged into the registry; whether the two agree.
 *
 * <h2>Merging</h2>
 *
 * <p>What the source says arrives in any order, and more than once. It is merged so that neither matters: whoever has heard the same things
 * has the same client.
 * <ul>
 *   <li>Each field has the {@link io.portcullis.source.Stamp} of what was said of it last; what is older changes nothing. By field and not
 *       by groups of fields: payloads may be partial, and of a group the newest would then wipe what an older one alone had said, or drop it
 *       if it comes late. Where payloads are whole, the two are the same.
 *   <li>SUSPENDED and REVOKED count whenever they come, and REVOKED outdoes all. Among other statuses the last one said counts.
 *   <li>A client that was lowered (suspended, revoked, rejected, or put back to pending here) is not raised by the source: that is left as it
 *       is, counted and in the audit ({@link io.portcullis.source.Outcome#HELD}). Who lowered it raises it, by hand.
 *   <li>A client that nobody knew is made from whatever is said first, PENDING unless a status is said, and completed by what comes later.
 *   <li>The gateway may have moved a secret's hash to another pepper. A source that says the same hash as before does not take it back.
 * </ul>
 *
 * <h2>Agreement</h2>
 *
 * <p>{@link io.portcullis.source.ContentId}: two clients with one content id are equal in all that the source can say. Fields that the source
 * leaves out are not compared.
 *
 * <p>Guarantees: an event is applied once, in one transaction with its id and its audit row; writers, also on other nodes, who meet the same
 * client wait for each other, in one order; nothing is written of what could not be stored or served; no secret's hash is logged or audited.
 *
 * <p>May import auth, bus and database.
 */
@NullMarked
package io.portcullis.source;

import org.jspecify.annotations.NullMarked;
