package io.portcullis.management;

import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.time.Duration;

/** Waits until no node decides any more without a change. */
@FunctionalInterface
public interface Barrier {

    /** What came of it, also where some node is still waited for; fails where nobody could be asked. */
    Future<JsonObject> await(long seq, Duration timeout);
}
