package io.portcullis.cache;

import io.vertx.redis.client.Response;
import io.vertx.redis.client.ResponseType;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Who has which slot, as one node of the cluster told it and as redirects corrected it. Belongs to one event loop. */
final class SlotTable {

    private final @Nullable ServerAddress[] masters = new ServerAddress[Slots.COUNT];

    /** Null where nobody is known to have it. */
    @Nullable
    ServerAddress master(int slot) {
        return masters[slot];
    }

    void moved(int slot, ServerAddress to) {
        masters[slot] = to;
    }

    /** All that have slots. */
    Set<ServerAddress> masters() {
        Set<ServerAddress> all = new LinkedHashSet<>();
        for (ServerAddress master : masters) {
            if (master != null) {
                all.add(master);
            }
        }
        return all;
    }

    /**
     * Reads the answer to {@code CLUSTER SLOTS}: ranges, each with its master first.
     *
     * @param from who answered: where it names no host, its own is meant
     * @return null where it names no slot, or is no such answer
     */
    static @Nullable SlotTable read(ServerAddress from, @Nullable Response reply) {
        SlotTable table = new SlotTable();
        boolean any = false;
        try {
            for (int i = 0; reply != null && i < reply.size(); i++) {
                Response range = reply.get(i);
                ServerAddress master = address(range.get(2), from);
                int last = range.get(1).toInteger();
                for (int slot = range.get(0).toInteger(); slot <= last; slot++) {
                    table.masters[slot] = master;
                    any = true;
                }
            }
        } catch (RuntimeException nonsense) {
            // An answer of another shape: the next one is asked.
            return null;
        }
        return any ? table : null;
    }

    private static @Nullable ServerAddress address(Response node, ServerAddress from) {
        Response host = node.get(0);
        String name = host == null || host.type() != ResponseType.BULK ? "" : host.toString();
        if (name.equals("?")) {
            return null;
        }
        return new ServerAddress(
                name.isEmpty() ? from.host() : name, node.get(1).toInteger());
    }
}
