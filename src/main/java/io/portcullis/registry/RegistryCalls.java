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

    /** By an owner's id, from who administers to whichever cache verticle is next. */
    static final BusCall<String, Owned> FIND_OWNED = BusCall.of("registry.find-owned");

    /** The same, from there to whichever store verticle is next. */
    static final BusCall<String, Owned> STORE_FIND_OWNED = BusCall.of("store.find-owned");

    /** From who has written a client to whichever cache verticle is next: Redis has what PostgreSQL has when this is answered. */
    static final BusCall<AccountNames, Boolean> RENEW = BusCall.of("registry.renew");

    /** From who has written a client to whichever cache verticle is next: Redis has nothing of it when this is answered. */
    static final BusCall<AccountNames, Boolean> DROP = BusCall.of("registry.drop");

    private RegistryCalls() {}
}
