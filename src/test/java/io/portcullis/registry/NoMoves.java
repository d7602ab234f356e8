package io.portcullis.registry;

import io.portcullis.auth.KeyDigest;
import io.portcullis.bus.Deadline;
import io.vertx.core.Future;

/** Where no pepper takes another's place. */
final class NoMoves implements PepperMoves {

    @Override
    public Future<Boolean> moveKey(KeyDigest from, KeyDigest to, String pepperId, Deadline deadline) {
        throw new AssertionError("nothing is to be moved");
    }

    @Override
    public Future<Boolean> moveSecret(String clientId, String from, String to, Deadline deadline) {
        throw new AssertionError("nothing is to be moved");
    }
}
