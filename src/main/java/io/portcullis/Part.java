package io.portcullis;

import io.vertx.core.Deployable;
import java.util.function.Supplier;

/** A verticle, and what logs call it. */
record Part(String name, Supplier<Deployable> verticle) {}
