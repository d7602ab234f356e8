package io.portcullis.cache;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;

/** One question of a key under way at a time: who asks meanwhile gets the same answer. Belongs to one event loop. */
final class Flights<K, V> {

    private final Map<K, Future<V>> underWay = new HashMap<>();

    /** The answer that is under way, or the one of a question that begins now. */
    Future<V> join(K key, Supplier<Future<V>> question) {
        Future<V> flight = underWay.get(key);
        if (flight != null) {
            return flight;
        }
        Promise<V> landing = Promise.promise();
        underWay.put(key, landing.future());
        Future<V> answer;
        try {
            answer = question.get();
        } catch (RuntimeException e) {
            answer = Future.failedFuture(e);
        }
        answer.onComplete(result -> {
            underWay.remove(key);
            landing.handle(result);
        });
        return landing.future();
    }
}
