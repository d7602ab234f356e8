package io.portcullis.registry;

import io.portcullis.bus.BusCall;
import io.portcullis.bus.Deadline;
import io.vertx.core.Future;
import io.vertx.core.eventbus.EventBus;
import java.util.List;

/** The ladder as the near side sees it: asks the cache verticle whose shard the question is. Thread-safe. */
public final class LadderClient implements Lookup {

    private final EventBus bus;
    private final List<BusCall<Query, Found>> shards;

    /** @param shards how many cache verticles this process runs */
    public LadderClient(EventBus bus, int shards) {
        this.bus = bus;
        this.shards = RegistryCalls.find(shards);
    }

    @Override
    public Future<Found> find(Query query, Deadline deadline) {
        return shards.get(query.shard(shards.size())).ask(bus, query, deadline);
    }
}
