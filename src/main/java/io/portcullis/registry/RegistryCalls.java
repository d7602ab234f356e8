package io.portcullis.registry;

import io.portcullis.bus.BusCall;
import java.util.List;

/** The conversations of the ladder on the bus. */
final class RegistryCalls {

    /** From ingress to the cache verticles; a question has its shard, so that equal questions meet. */
    static List<BusCall<Query, Found>> find(int shards) {
        return BusCall.sharded("registry.find", shards);
    }

    /** From a cache verticle to whichever store verticle is next. */
    static final BusCall<Query, Found> STORE_FIND = BusCall.of("store.find");

    private RegistryCalls() {}
}
