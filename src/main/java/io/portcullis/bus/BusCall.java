package io.portcullis.bus;

import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.MessageConsumer;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A question that one verticle asks another: the address, the type of the question and the type of the answer, bound in one constant.
 * The caller's {@link Deadline} travels with the question and bounds the wait for the answer; a failure of the server arrives at the
 * caller as the exception it was.
 *
 * @param <Q> the question, an immutable record
 * @param <R> the answer, an immutable record
 */
public final class BusCall<Q, R> {

    /** What the server of a call does. Runs on the server's event loop. */
    @FunctionalInterface
    public interface Handler<Q, R> {
        Future<R> answer(Q question, Deadline deadline);
    }

    private record Question<Q>(Q body, Deadline deadline) {}

    private record Answer<R>(AsyncResult<R> result) {}

    private final String address;

    private BusCall(String address) {
        this.address = address;
    }

    public static <Q, R> BusCall<Q, R> of(String address) {
        return new BusCall<>(address);
    }

    /** The same call at {@code count} addresses, for state that is divided among instances. */
    public static <Q, R> List<BusCall<Q, R>> sharded(String address, int count) {
        return IntStream.range(0, count)
                .mapToObj(shard -> BusCall.<Q, R>of(address + "." + shard))
                .toList();
    }

    public String address() {
        return address;
    }

    /** Serves the call on the context this is called from, until the consumer is unregistered. */
    public MessageConsumer<?> serve(Vertx vertx, Handler<Q, R> handler) {
        return vertx.eventBus().<Question<Q>>localConsumer(address, message -> {
            Future<R> answer;
            try {
                answer = handler.answer(message.body().body(), message.body().deadline());
            } catch (RuntimeException e) {
                answer = Future.failedFuture(e);
            }
            answer.onComplete(result -> message.reply(new Answer<>(result), LocalCodec.options()));
        });
    }

    /** Asks. Completes on the caller's context, at the latest when the deadline has passed, then with a {@link BusException}. */
    public Future<R> ask(EventBus bus, Q question, Deadline deadline) {
        Future<Message<Answer<R>>> reply = bus.request(
                address,
                new Question<>(question, deadline),
                LocalCodec.options().setSendTimeout(deadline.remainingMillis()));
        return reply.transform(message -> {
            if (message.succeeded()) {
                return future(message.result().body());
            }
            return Future.failedFuture(new BusException("no answer from " + address, message.cause()));
        });
    }

    private static <R> Future<R> future(Answer<R> answer) {
        return answer.result().succeeded()
                ? Future.succeededFuture(answer.result().result())
                : Future.failedFuture(answer.result().cause());
    }
}
