package io.portcullis.ingress;

import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * The connections of one event loop whose peer keeps us waiting: for a request head that is not complete (slowloris), or for it to take
 * answers. All may do so equally long, so the list is in the order in which they are due, and a look at its front is enough. A request that
 * arrives whole, on a connection that was used before, never enters it.
 *
 * <p>Belongs to one event loop.
 */
final class StalledPeers {

    private record Stall(Closing why, long sinceNanos) {}

    private final Map<PacedRequestDecoder, Stall> waiting = new LinkedHashMap<>();
    private final long limitNanos;
    private final LongSupplier nanoClock;
    private final OpenConnections connections;

    /** @param limit how long a peer may keep us waiting */
    StalledPeers(Duration limit, LongSupplier nanoClock, OpenConnections connections) {
        this.limitNanos = limit.toNanos();
        this.nanoClock = nanoClock;
        this.connections = connections;
    }

    void awaitHead(PacedRequestDecoder peer) {
        await(peer, Closing.HEAD_TIMEOUT);
    }

    void awaitReader(PacedRequestDecoder peer) {
        await(peer, Closing.SLOW_READER);
    }

    void forget(PacedRequestDecoder peer) {
        waiting.remove(peer);
    }

    /** Closes those that are due. To be called from time to time. */
    void closeDue() {
        long now = nanoClock.getAsLong();
        Iterator<Map.Entry<PacedRequestDecoder, Stall>> peers =
                waiting.entrySet().iterator();
        while (peers.hasNext()) {
            Map.Entry<PacedRequestDecoder, Stall> peer = peers.next();
            if (now - peer.getValue().sinceNanos() < limitNanos) {
                return;
            }
            peers.remove();
            connections.closing(peer.getValue().why());
            peer.getKey().close();
        }
    }

    private void await(PacedRequestDecoder peer, Closing why) {
        waiting.put(peer, new Stall(why, nanoClock.getAsLong()));
    }
}
