package io.portcullis.cache;

import io.vertx.core.Future;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.time.Duration;
import java.util.List;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** Asks several servers the same, one after another until one knows, each over a connection that is dialled for it and closed. */
final class Enquiry {

    /** Asked once, then closed: who loses it only tells who waits. */
    private static final GuardedConnection.Owner NOBODY = new GuardedConnection.Owner() {
        @Override
        public void lost(
                GuardedConnection connection, RedisFailure why, List<PendingCommand> unanswered, boolean mayRepeat) {
            unanswered.forEach(command -> command.fail(why));
        }

        @Override
        public void readOnly(GuardedConnection connection) {
            // It is asked nothing that writes.
        }
    };

    private final RedisDialler servers;
    private final RedisDialler.Account account;
    private int first;

    Enquiry(RedisDialler servers, RedisDialler.Account account) {
        this.servers = servers;
        this.account = account;
    }

    /**
     * The first answer that can be read. Who answered is asked first the next time; who did not, last.
     *
     * @param each limit for each that is asked
     * @param reading null where the answer says nothing; given who said it
     */
    <T> Future<T> ask(
            List<ServerAddress> all,
            RedisOperation operation,
            Request request,
            Duration each,
            BiFunction<ServerAddress, @Nullable Response, @Nullable T> reading) {
        Future<T> answer = Future.failedFuture(new RedisFailure.Unavailable("nobody to ask"));
        int start = first;
        for (int i = 0; i < all.size(); i++) {
            ServerAddress server = all.get(Math.floorMod(start + i, all.size()));
            int next = start + i + 1;
            answer = answer.recover(
                    failure -> one(server, operation, request, each, reading).onFailure(silent -> first = next));
        }
        return answer;
    }

    private <T> Future<T> one(
            ServerAddress server,
            RedisOperation operation,
            Request request,
            Duration limit,
            BiFunction<ServerAddress, @Nullable Response, @Nullable T> reading) {
        return servers.dial(server, account, limit, NOBODY)
                .compose(connection -> connection
                        .ask(operation, request, System.nanoTime() + limit.toNanos())
                        .onComplete(done -> connection.drain())
                        .compose(reply -> {
                            T read = reading.apply(server, reply);
                            return read == null
                                    ? Future.failedFuture(new RedisFailure.Unavailable("no such master or no slots"))
                                    : Future.succeededFuture(read);
                        }));
    }
}
