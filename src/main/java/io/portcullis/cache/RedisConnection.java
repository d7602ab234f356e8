package io.portcullis.cache;

import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.net.NetSocket;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One TCP connection with pipelining: commands go out in one write per turn of the event loop, answers come back in the same order.
 * Ends once, by {@link #drain()}, {@link #close} or a loss that its owner hears of. Belongs to one event loop.
 */
final class RedisConnection {

    /** A peer that owes an answer and has said nothing for so long when a caller gives up is taken for dead, not for slow. */
    private static final long SILENCE = TimeUnit.MILLISECONDS.toNanos(50);

    private static final int FIRST_BUFFER = 512;
    private static final int MAX_UNSENT = 4 * 1024 * 1024;

    /** Hears what becomes of a connection. */
    interface Owner {

        /**
         * The connection is gone; the owner settles what was left unanswered.
         *
         * @param mayRepeat whether sending again can help: the peer went away, as opposed to kept silent or talked nonsense
         */
        void lost(RedisConnection connection, RedisFailure why, List<Command> unanswered, boolean mayRepeat);

        /** The server behind this connection takes no writes: by now another one may answer to its name. */
        void readOnly(RedisConnection connection);
    }

    /** Makes the line of one connection. */
    @FunctionalInterface
    interface Line {
        CommandQueue of(ContextInternal context, Consumer<List<Command>> onLimit);
    }

    private final ContextInternal context;
    private final NetSocket socket;
    private final Owner owner;
    private final CommandQueue inFlight;
    private final ReplyParser parser = new ReplyParser(this::answered);
    private final Runnable flush = this::flush;
    private @Nullable Buffer out;
    private int lastFlushed = FIRST_BUFFER;
    private long heardAt = System.nanoTime();
    private boolean draining;
    private boolean over;
    private volatile boolean busy;

    RedisConnection(ContextInternal context, NetSocket socket, Owner owner, Line line) {
        this.context = context;
        this.socket = socket;
        this.owner = owner;
        this.inFlight = line.of(context, this::limitPassed);
        socket.setWriteQueueMaxSize(MAX_UNSENT);
        socket.handler(this::received);
        socket.exceptionHandler(ignored -> socket.close());
        socket.closeHandler(ignored -> lose(new RedisFailure.Unavailable("closed by peer"), true));
    }

    void send(Command command) {
        Buffer pending = out;
        if (pending == null) {
            pending = Buffer.buffer(lastFlushed);
            out = pending;
            context.nettyEventLoop().execute(flush);
        }
        command.sent(System.nanoTime());
        command.writer.writeTo(pending);
        inFlight.add(command);
    }

    /** Sends one command of the connection's own, outside any request. */
    Future<Reply> ask(RedisOperation operation, RequestWriter writer, long limit) {
        if (over) {
            return context.failedFuture(new RedisFailure.Unavailable("closed by peer"));
        }
        var answer = context.<Reply>promise();
        send(new Command(operation, writer, answer, limit, limit));
        return answer.future();
    }

    int pending() {
        return inFlight.size();
    }

    /** Whether the peer reads so slowly that more would only pile up here. */
    boolean full() {
        Buffer pending = out;
        return socket.writeQueueFull() || (pending != null && pending.length() > MAX_UNSENT);
    }

    /** Whether something was asked that is not yet answered, as of the last read or write. From any thread. */
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

    private void flush() {
        Buffer bytes = out;
        out = null;
        if (bytes != null && !over) {
            lastFlushed = Math.min(64 * 1024, Math.max(FIRST_BUFFER, bytes.length()));
            busy = true;
            socket.write(bytes);
        }
    }

    private void received(Buffer chunk) {
        heardAt = System.nanoTime();
        try {
            parser.feed(chunk);
        } catch (RedisFailure.Garbled nonsense) {
            lose(nonsense, false);
        }
        busy = !inFlight.isEmpty();
    }

    private void answered(Reply reply) {
        if (over) {
            return;
        }
        Command command = inFlight.poll();
        if (command == null) {
            lose(reply instanceof Reply.Refusal refusal ? gone(refusal) : new RedisFailure.Garbled("unasked"), false);
        } else if (reply instanceof Reply.Refusal refusal) {
            refused(command, refusal);
        } else if (!command.operation.accepts(reply)) {
            RedisFailure nonsense = new RedisFailure.Garbled("answer of another command");
            lose(nonsense, false);
            command.fail(nonsense);
        } else if (!command.abandoned()) {
            command.answer.tryComplete(reply);
        }
        closeIfDrained();
    }

    private void refused(Command command, Reply.Refusal refusal) {
        if (refusal.code().equals("NOAUTH")) {
            // The server forgot us or was given a password: nothing will work before a new connection has introduced
            // itself.
            lose(gone(refusal), false);
        } else if (refusal.code().equals("READONLY")) {
            owner.readOnly(this);
        }
        command.fail(new RedisFailure.Refused(refusal.code()));
    }

    private static RedisFailure gone(Reply.Refusal refusal) {
        return new RedisFailure.Unavailable(refusal.code());
    }

    /**
     * Callers gave up. If the peer talks, it is only slow: the late answers are awaited and dropped. If it is silent, or owes an answer for
     * longer than any command may wait, it is given up with all that waits on it.
     */
    private void limitPassed(List<Command> late) {
        long now = System.nanoTime();
        Command oldest = inFlight.peek();
        boolean silent = oldest != null && now - later(heardAt, oldest.sentAt()) >= SILENCE;
        boolean tooLate = late.stream().anyMatch(command -> command.lastLimit - now <= 0);
        for (Command command : late) {
            if (!command.abandoned()) {
                inFlight.abandon(command);
            }
        }
        if (silent || tooLate) {
            lose(new RedisFailure.Unavailable("timeout"), false);
        }
    }

    private static long later(long one, long other) {
        return one - other > 0 ? one : other;
    }

    private void closeIfDrained() {
        if (draining && !over && inFlight.isEmpty()) {
            over = true;
            socket.close();
        }
    }

    private void lose(RedisFailure why, boolean mayRepeat) {
        if (!over) {
            over = true;
            out = null;
            socket.close();
            owner.lost(this, why, inFlight.takeAll(), mayRepeat);
        }
    }
}
