package io.portcullis.registry;

import io.portcullis.auth.KeyDigest;
import io.portcullis.bus.Deadline;
import io.vertx.core.Future;

/** Writes what was stored under one pepper anew under another. Futures tell whether it was still there to be moved. */
interface PepperMoves {

    /** @param pepperId of the pepper that {@code to} is under */
    Future<Boolean> moveKey(KeyDigest from, KeyDigest to, String pepperId, Deadline deadline);

    /** Changes a client's {@code client_secret_hash}, if it is still the one given. */
    Future<Boolean> moveSecret(String clientId, String from, String to, Deadline deadline);
}
