package io.portcullis.database;

import io.vertx.core.Future;
import java.util.function.Supplier;

/** Sees how long queries take. Quick, thread-safe, throws nothing, and changes nothing about the query. */
public interface QueryWatch {

    /** Sees nothing. */
    QueryWatch NONE = new QueryWatch() {
        @Override
        public <T> Future<T> watch(String operation, Supplier<Future<T>> query) {
            return query.get();
        }
    };

    /**
     * Runs a query.
     *
     * @param operation what it is for, one of a few fixed names such as {@code registry.find_by_digest}; never a value
     */
    <T> Future<T> watch(String operation, Supplier<Future<T>> query);
}
