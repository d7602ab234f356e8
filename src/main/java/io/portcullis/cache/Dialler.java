package io.portcullis.cache;

import io.vertx.core.Future;

/** Finds a server and opens a connection to it. Belongs to one event loop. */
interface Dialler {

    /** Call on the context. Completes within the connect time-out; fails with a {@link RedisFailure} only. */
    Future<GuardedConnection> dial(GuardedConnection.Owner owner);

    /** Whom, as logs name it. */
    String server();
}
