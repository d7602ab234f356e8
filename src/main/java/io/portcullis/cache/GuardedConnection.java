package io.portcullis.cache;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisConnection;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import io.vertx.redis.client.ResponseType;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One pipelined connection of vertx-redis-client and the guards it needs, see the package's description. Ends once, by {@link #drain()},
 * {@link #close} or a loss that its owner hears of. Belongs to one event loop.
 */
final class GuardedConnection {

    /** A peer that owes an answer and has given none for so long when a caller gives up is taken for dead, not for slow. */
    private static final long SILENCE = TimeUnit.MILLISECONDS.toNanos(50);

    private static final Pattern ERROR_CODE = Pattern.compile("[A-Z]{1,32}");

    /** Hears what becomes of a connection. */
    interface Owner {

        /**
         * The connection is gone; the owner settles what was left unanswered.
         *
         * @param mayRepeat whether sending again can help: the peer went away, as opposed to kept silent or talked nonsense
         */
        void lost(GuardedConnection connection, RedisFailure why, List<PendingCommand> unanswered, boolean mayRepeat);

        /** The server behind this connection takes no writes: by now another one may answer to its name. */
        void readOnly(GuardedConnection connection);
    }

    private final ContextInternal context;
    private final Redis client;
    private final RedisConnection connection;
    private final Owner owner;
    private final PendingLine inFlight;
    private final ArrayDeque<PendingCommand> arrived = new ArrayDeque<>();
    private final Runnable deliver = this::deliver;
    private long heardAt = System.nanoTime();
    private boolean draining;
    private boolean over;
    private volatile boolean busy;

    /**
     * @param client whose only connection this is: to close it is the one way to close the socket
     */
    GuardedConnection(ContextInternal context, Redis client, RedisConnection connection, Owner owner) {
        this.context = context;
        this.client = client;
        this.connection = connection;
        this.owner = owner;
        this.inFlight = new PendingLine(context, this::limitPassed);
        connection.handler(this::unasked);
        connection.exceptionHandler(this::broken);
        connection.endHandler(ended -> closedByPeer());
    }

    void send(PendingCommand command) {
        command.sent(System.nanoTime());
        inFlight.add(command);
        if (!busy) {
            busy = true;
        }
        connection.send(command.request).onComplete((reply, failure) -> answered(reply, failure));
    }

    /** Asks for a PONG, which finds out LOADING, NOAUTH and a peer that is no Redis. */
    Future<@Nullable Response> ping(long limit) {
        return ask(RedisOperation.PING, Request.cmd(Command.PING), limit);
    }

    /** Asks one question outside of any caller's; the connection is lost if there is no answer by the limit. */
    Future<@Nullable Response> ask(RedisOperation operation, Request request, long limit) {
        Promise<@Nullable Response> answer = context.promise();
        send(new PendingCommand(operation, request, answer, limit, limit));
        return answer.future();
    }

    int pending() {
        return inFlight.size();
    }

    /** Whether something was asked that is not yet answered. From any thread. */
    boolean busy() {
        return busy;
    }

    /** Closes once every answer that is still owed has come, or failed to in time. */
    void drain() {
        draining = true;
        closeIfDrained();
    }

    /** Closes now and fails what waits. */
    void close(RedisFailure why) {
        lose(why, false);
    }

    private void answered(@Nullable Response reply, @Nullable Throwable failure) {
        if (over) {
            return;
        }
        heardAt = System.nanoTime();
        String code = failure == null ? null : errorCode(failure);
        PendingCommand command = inFlight.peek();
        if (command == null || (failure != null && code == null)) {
            closedByPeer();
        } else if (code != null && code.equals("NOAUTH")) {
            // The server forgot us or was given a password: nothing will work before a new connection has introduced
            // itself.
            lose(new RedisFailure.Unavailable(code), false);
        } else if (code == null && !command.operation.accepts(reply)) {
            lose(new RedisFailure.Garbled("answer of another command"), false);
        } else {
            inFlight.poll();
            arrived(command.arrived(reply, code == null ? null : refused(code, failure)));
            if ("READONLY".equals(code)) {
                owner.readOnly(this);
            }
            closeIfDrained();
        }
    }

    /**
     * Answers are handed out after the parser has gone through all that it was given: had it lost its way in there, it would have told
     * every command the same value before it came to {@link #unasked}.
     */
    private void arrived(PendingCommand command) {
        if (arrived.isEmpty()) {
            context.nettyEventLoop().execute(deliver);
        }
        arrived.add(command);
        if (inFlight.size() == 0) {
            busy = false;
        }
    }

    private void deliver() {
        for (PendingCommand next = arrived.poll(); next != null; next = arrived.poll()) {
            next.deliver();
        }
    }

    private static RedisFailure refused(String code, @Nullable Throwable failure) {
        boolean elsewhere = code.equals("MOVED") || code.equals("ASK");
        return new RedisFailure.Refused(
                code, elsewhere && failure != null ? Redirect.read(failure.getMessage()) : null);
    }

    /** The first word of an error reply, or null when the library says by it that the connection is gone. */
    static @Nullable String errorCode(Throwable failure) {
        String message = failure.getMessage();
        if (!(failure instanceof Response error)
                || error.type() != ResponseType.ERROR
                || message == null
                || message.equals("CONNECTION_CLOSED")) {
            return null;
        }
        int end = message.indexOf(' ');
        String word = end < 0 ? message : message.substring(0, end);
        return ERROR_CODE.matcher(word).matches() ? word : "ERR";
    }

    /** A reply that nobody waits for. The library would take replies from a parser that lost its way for ever: the exception ends that. */
    private void unasked(Response reply) {
        RedisFailure nonsense = new RedisFailure.Garbled("unasked");
        quiet();
        lose(nonsense, false);
        throw nonsense;
    }

    /** The library met what it does not understand, or lost the socket under a write. Either way it leaves the socket open. */
    private void broken(Throwable failure) {
        if (failure instanceof Response) {
            quiet();
            lose(new RedisFailure.Garbled("no RESP2"), false);
        } else {
            closedByPeer();
        }
    }

    /** What the library throws from here on is of no interest. Only where its parser calls: on the context that it has for this socket. */
    private void quiet() {
        Context current = Vertx.currentContext();
        if (current != null && current != context) {
            current.exceptionHandler(ignored -> {});
        }
    }

    private void closedByPeer() {
        lose(new RedisFailure.Unavailable("closed by peer"), true);
    }

    /**
     * Callers gave up. If the peer answers, it is only slow: the late answers are awaited and dropped. If it is silent, or owes an answer
     * for longer than any command may wait, it is given up with all that waits on it.
     */
    private void limitPassed(List<PendingCommand> late) {
        long now = System.nanoTime();
        PendingCommand oldest = inFlight.peek();
        boolean silent = oldest != null && now - heardAt >= SILENCE && now - oldest.sentAt() >= SILENCE;
        boolean tooLate = late.stream().anyMatch(command -> command.lastLimit - now <= 0);
        late.stream().filter(command -> !command.abandoned()).forEach(PendingCommand::abandon);
        if (silent || tooLate) {
            lose(new RedisFailure.Unavailable("timeout"), false);
        }
    }

    private void closeIfDrained() {
        if (draining && !over && inFlight.size() == 0) {
            over = true;
            client.close();
        }
    }

    private void lose(RedisFailure why, boolean mayRepeat) {
        if (over) {
            return;
        }
        over = true;
        busy = false;
        client.close();
        if (why instanceof RedisFailure.Garbled) {
            arrived.forEach(command -> command.fail(why));
            arrived.clear();
        }
        owner.lost(this, why, inFlight.takeAll(), mayRepeat);
    }
}
