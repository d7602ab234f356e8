/**
 * Launches the PostgreSQL 18 and the Redis 7 that ship in the jar, so that one command on a fresh machine has a real store and a real
 * cache.
 *
 * <p>Guarantees:
 *
 * <ul>
 *   <li>Everything lives below one data folder and is kept: the cluster ({@code postgres/}), the Redis snapshot ({@code redis/}), the
 *       unpacked programs ({@code bin/}), what the servers say ({@code log/}) and the passwords ({@code secrets/}, mode 0600).
 *   <li>One gateway per data folder at a time; a second one is told who holds it.
 *   <li>The servers listen on 127.0.0.1 alone, on free ports, and ask for random passwords that never appear on a command line.
 *   <li>The servers never run as root, and end when this process ends, however it ends.
 *   <li>A crash at any moment, ours or the machine's, leaves nothing that the next start does not repair: what is made in several steps is
 *       made beside its place and renamed into it.
 * </ul>
 *
 * <p>Everything here blocks: call it off the event loop. Imports no other package of ours and no Vert.x.
 */
@NullMarked
package io.portcullis.embedded;

import org.jspecify.annotations.NullMarked;
