package io.portcullis.freshness;

import io.portcullis.auth.KeyDigest;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * What this process knows to be outdated, within one epoch: for each record that changed lately the version below which it no longer holds,
 * and the floor, the position below which it may have forgotten such a fence.
 *
 * <p>A record that was read as of {@code asOf} is admitted if and only if it is of this epoch, {@code asOf ≥ floor} and
 * {@code version ≥ fence(id)}. "There is none" has no version: it is admitted if it was seen at or after the last change of that id.
 *
 * <p>Written by the tail alone; read by every thread, without a lock. Who writes raises the floor before it drops a fence; who reads looks for
 * the fence before it looks at the floor: so it sees one of the two. A record keeps the fences it was admitted by: that they are still the
 * process's own is what says that its epoch is.
 */
public class Fences {

    /** Before the database was asked, nothing is admitted. */
    static final Fences NONE = new Fences("", Long.MAX_VALUE);

    static final class Fence {
        private final ConcurrentHashMap<Object, Fence> home;
        private final Object of;
        private final long version;
        private final long seq;
        private final long raisedNanos;
        private @Nullable Fence younger;

        Fence(ConcurrentHashMap<Object, Fence> home, Object of, long version, long seq, long raisedNanos) {
            this.home = home;
            this.of = of;
            this.version = version;
            this.seq = seq;
            this.raisedNanos = raisedNanos;
        }
    }

    private final String epoch;
    private final ConcurrentHashMap<Object, Fence> clients = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<Object, Fence> keys = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<Object, Fence> digests = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<Object, Fence> owners = new ConcurrentHashMap<>();
    private final AtomicInteger held = new AtomicInteger();
    private volatile long floor;
    private volatile long raisings;
    private volatile long allClients;
    private volatile long allKeys;
    /** All fences in the order of raising, replaced ones among them; of the tail alone. */
    private @Nullable Fence oldest;

    private @Nullable Fence youngest;

    /** @param floor nothing read before this seq is admitted */
    Fences(String epoch, long floor) {
        this.epoch = epoch;
        this.floor = floor;
    }

    /** Whether a record of that epoch can be judged here at all. */
    public boolean isEpoch(String other) {
        return epoch.equals(other);
    }

    /** Whether this version of the client still counts. */
    public final boolean admitsClient(String id, long version, long asOf) {
        return isBeyond(clients.get(id), version) && version >= allClients && isAboveFloor(asOf);
    }

    /** Whether this version of the key still counts. */
    public final boolean admitsKey(String id, long version, long asOf) {
        return isBeyond(keys.get(id), version) && version >= allKeys && isAboveFloor(asOf);
    }

    /** Whether it still counts that no key had this digest, or none that would do. */
    public final boolean admitsNoKey(KeyDigest digest, long asOf) {
        return isSince(digests.get(digest), asOf) && isAboveFloor(asOf);
    }

    /** Whether it still counts that there was no such client, or none that would do. */
    public final boolean admitsNoClient(String id, long asOf) {
        return isSince(clients.get(id), asOf) && isAboveFloor(asOf);
    }

    /** Whether it still counts which clients this user owned: none has come or gone since. */
    public final boolean admitsOwned(String userId, long asOf) {
        return isSince(owners.get(userId), asOf) && isAboveFloor(asOf);
    }

    /** Of the positions that were forgotten, the highest. */
    public long floor() {
        return floor;
    }

    /** Fences held, those included that wait to be dropped. */
    public int size() {
        return held.get();
    }

    String epoch() {
        return epoch;
    }

    /**
     * How many changes have raised fences so far. What was admitted when it was asked for before is admitted as long as it stays the same: a
     * floor that is raised meanwhile only stands for fences that let it pass.
     */
    public final long raisings() {
        return raisings;
    }

    /** From here on nothing of the record below the change's version is admitted. */
    void raise(Change change, long seq, long nowNanos) {
        raiseEach(change, seq, nowNanos);
        counted();
    }

    /** Behind the fences: who sees the count sees them. */
    void counted() {
        raisings = raisings() + 1;
    }

    private void raiseEach(Change change, long seq, long nowNanos) {
        if (change.isOfAll()) {
            if (change.kind() == Change.Kind.CLIENT) {
                allClients = Math.max(allClients, change.version());
            } else {
                allKeys = Math.max(allKeys, change.version());
            }
            return;
        }
        if (change.kind() == Change.Kind.CLIENT) {
            raise(clients, change.id(), change.version(), seq, nowNanos);
            if (change.newOwner() != null) {
                raise(owners, change.newOwner(), change.version(), seq, nowNanos);
            }
            if (change.oldOwner() != null) {
                raise(owners, change.oldOwner(), change.version(), seq, nowNanos);
            }
            return;
        }
        raise(keys, change.id(), change.version(), seq, nowNanos);
        if (change.newDigest() != null) {
            raise(digests, change.newDigest(), change.version(), seq, nowNanos);
        }
        if (change.oldDigest() != null && !change.oldDigest().equals(change.newDigest())) {
            raise(digests, change.oldDigest(), change.version(), seq, nowNanos);
        }
    }

    /**
     * Forgets the oldest fences, and raises the floor first: what they kept out stays out.
     *
     * @param keepNanos how long a fence stands at least
     * @param most how many are kept at most, whatever their age
     */
    void forget(long nowNanos, long keepNanos, int most) {
        for (Fence fence = oldest; fence != null; fence = oldest) {
            if (held.get() <= most && nowNanos - fence.raisedNanos < keepNanos) {
                break;
            }
            raiseFloor(fence.seq);
            fence.home.remove(fence.of, fence);
            held.decrementAndGet();
            oldest = fence.younger;
            // A dropped one that the collector finds old would keep all younger ones alive.
            fence.younger = null;
            if (oldest == null) {
                youngest = null;
            }
        }
    }

    void raiseFloor(long seq) {
        floor = Math.max(floor, seq);
    }

    /**
     * Takes the floor down to {@code to}, now that a fence stands for every change between; but not where fences were forgotten meanwhile,
     * and the floor is no longer {@code from}.
     */
    void lowerFloor(long from, long to) {
        if (floor == from) {
            floor = Math.min(from, to);
        }
    }

    /** The floor's guard. */
    boolean isAboveFloor(long asOf) {
        return asOf >= floor;
    }

    /** The fence's guard. */
    boolean isBeyond(@Nullable Fence fence, long version) {
        return fence == null || version >= fence.version;
    }

    private static boolean isSince(@Nullable Fence fence, long asOf) {
        return fence == null || asOf >= fence.seq;
    }

    private void raise(ConcurrentHashMap<Object, Fence> home, Object of, long version, long seq, long nowNanos) {
        Fence standing = home.get(of);
        Fence fence = new Fence(
                home,
                of,
                standing == null ? version : Math.max(version, standing.version),
                standing == null ? seq : Math.max(seq, standing.seq),
                nowNanos);
        home.put(of, fence);
        held.incrementAndGet();
        if (youngest == null) {
            oldest = fence;
        } else {
            youngest.younger = fence;
        }
        youngest = fence;
    }
}
