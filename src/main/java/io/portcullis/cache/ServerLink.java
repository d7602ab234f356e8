package io.portcullis.cache;

import io.portcullis.bus.Deadline;
import io.vertx.core.Future;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.PromiseInternal;
import io.vertx.redis.client.Response;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The way of one event loop to one server, or to whichever is master: one pipelined connection, replaced when it is lost, suspect or old.
 *
 * <p>While there is no connection a command fails at once, with two exceptions: the first connection of an unused link and the first
 * reconnect after a loss are given 100 ms, for what is sent meanwhile and for reads that the loss left unanswered. When
 * that attempt fails, or takes longer, all of them fail, and from then on the link only answers again when it is up.
 */
final class ServerLink extends RedisLink {

    private enum State {
        /** No connection, and none wanted until somebody asks. */
        IDLE,
        /** The first attempt is under way: commands wait for it. */
        HOLDING,
        /** Attempts go on: commands fail. */
        DOWN,
        UP,
        CLOSED
    }

    private final int index;
    private final ContextInternal context;
    private final RedisSettings settings;
    private final RedisMeters meters;
    private final Dialler dialler;
    private final Runnable onClose;
    private final LinkJournal journal;
    private final LinkDialling dialling;
    private final LinkAge age;
    private final PendingLine held;

    private volatile State state = State.IDLE;
    private volatile @Nullable GuardedConnection current;
    private long lostAt = System.nanoTime() - LinkJournal.STABLE;

    /** @param stays whether it connects now and never rests */
    ServerLink(
            int index,
            ContextInternal context,
            RedisSettings settings,
            RedisMeters meters,
            Backoff backoff,
            Dialler dialler,
            boolean stays,
            Runnable onClose) {
        this.index = index;
        this.context = context;
        this.settings = settings;
        this.meters = meters;
        this.dialler = dialler;
        this.onClose = onClose;
        this.journal = new LinkJournal(index, dialler.server());
        Events events = new Events();
        this.dialling = new LinkDialling(context, backoff, () -> dialler.dial(events), events);
        this.age = new LinkAge(context, settings, backoff, () -> dialler.dial(events), this::adopt, this::rest);
        this.held = PendingLine.unsent(context);
        if (stays) {
            hold();
        } else {
            age.watchUse();
        }
    }

    @Override
    public boolean connected() {
        return current != null;
    }

    @Override
    int down() {
        return state == State.DOWN ? 1 : 0;
    }

    @Override
    int connections(boolean busy) {
        GuardedConnection connection = current;
        return connection != null && connection.busy() == busy ? 1 : 0;
    }

    @Override
    boolean isCluster() {
        return false;
    }

    @Override
    List<RedisLink> masters() {
        return List.of(this);
    }

    /** Whom it dials, as logs name it. */
    String server() {
        return dialler.server();
    }

    @Override
    public Future<Void> close() {
        PromiseInternal<Void> closed = context.promise();
        context.runOnContext(v -> {
            if (state != State.CLOSED) {
                state = State.CLOSED;
                dialling.stop();
                age.close();
                RedisFailure why = new RedisFailure.Unavailable("link closed");
                held.failAll(why);
                GuardedConnection last = current;
                if (last != null) {
                    meters.connected(index, false);
                    last.close(why);
                }
                onClose.run();
            }
            closed.complete();
        });
        return closed.future();
    }

    @Override
    Future<@Nullable Response> send(RedisCommand command, Deadline deadline) {
        long now = System.nanoTime();
        return send(command, deadline, now, admit(1, deadline, now));
    }

    @Override
    List<Future<@Nullable Response>> sendTogether(List<RedisCommand> commands, Deadline deadline) {
        long now = System.nanoTime();
        RedisFailure refusal = admit(commands.size(), deadline, now);
        return commands.stream()
                .map(command -> send(command, deadline, now, refusal))
                .toList();
    }

    private Future<@Nullable Response> send(
            RedisCommand command, Deadline deadline, long now, @Nullable RedisFailure refusal) {
        ContextInternal caller = ContextInternal.current();
        PromiseInternal<@Nullable Response> answer = (caller == null ? context : caller).promise();
        if (refusal != null) {
            answer.fail(refusal);
        } else {
            long last = now + settings.commandTimeout().toNanos();
            long limit = deadline.nanoTime() - last < 0 ? deadline.nanoTime() : last;
            pass(new PendingCommand(command.operation(), command.request(), answer, limit, last));
        }
        return answer.future();
    }

    private @Nullable RedisFailure admit(int commands, Deadline deadline, long now) {
        if (!context.nettyEventLoop().inEventLoop()) {
            throw new IllegalStateException("Redis link " + index + " is used outside its event loop");
        }
        age.used(now);
        if (deadline.nanoTime() - now <= 0) {
            return new RedisFailure.TimedOut();
        }
        if (pending() + commands > settings.maxPending()) {
            return new RedisFailure.Overloaded();
        }
        if (state == State.IDLE) {
            hold();
        }
        return switch (state) {
            case DOWN -> new RedisFailure.Unavailable("not connected");
            case CLOSED -> new RedisFailure.Unavailable("link closed");
            default -> null;
        };
    }

    /** Commands that wait for an answer or a connection. */
    int pending() {
        GuardedConnection connection = current;
        return held.size() + (connection == null ? 0 : connection.pending());
    }

    /** To the connection, or to those who wait for one. */
    private void pass(PendingCommand command) {
        GuardedConnection connection = current;
        if (connection != null) {
            connection.send(command);
        } else {
            held.add(command);
        }
    }

    // --- connecting

    private void hold() {
        state = State.HOLDING;
        dialling.begin();
    }

    private void retry() {
        state = State.DOWN;
        dialling.again();
    }

    /** Makes a fresh connection the one that is used; an older one may finish. */
    private void adopt(GuardedConnection connection) {
        if (state == State.CLOSED || state == State.IDLE) {
            connection.drain();
            return;
        }
        GuardedConnection old = current;
        current = connection;
        state = State.UP;
        dialling.stop();
        age.renewed();
        if (old != null) {
            old.drain();
        } else {
            meters.connected(index, true);
            journal.up();
        }
        held.takeAll().forEach(connection::send);
    }

    // --- losing and replacing

    private final class Events implements GuardedConnection.Owner, LinkDialling.Listener {

        @Override
        public void connected(GuardedConnection connection) {
            adopt(connection);
        }

        @Override
        public void failed(RedisFailure why) {
            journal.down(why.reason());
            lostAt = System.nanoTime();
            retry();
            held.failAll(why);
        }

        @Override
        public void slow() {
            state = State.DOWN;
            held.failAll(new RedisFailure.Unavailable("still connecting"));
        }

        @Override
        public void lost(
                GuardedConnection connection, RedisFailure why, List<PendingCommand> unanswered, boolean mayRepeat) {
            if (connection == current) {
                down(why, mayRepeat);
            }
            long now = System.nanoTime();
            for (PendingCommand command : unanswered) {
                boolean again = mayRepeat && command.mayRepeat(settings.maxRetries(), now);
                if (again && (state == State.UP || state == State.HOLDING)) {
                    pass(command);
                } else {
                    command.fail(why);
                }
            }
        }

        @Override
        public void readOnly(GuardedConnection connection) {
            if (connection == current && age.renewIfNotJustTried()) {
                journal.readOnly(System.nanoTime());
            }
        }
    }

    /** The first loss in a while is made good at once; a connection that keeps breaking is not chased. */
    private void down(RedisFailure why, boolean mayHold) {
        current = null;
        age.gone();
        if (state != State.UP) {
            return;
        }
        meters.connected(index, false);
        long now = System.nanoTime();
        boolean first = now - lostAt >= LinkJournal.STABLE;
        lostAt = now;
        if (first) {
            dialling.forgetAttempts();
            journal.newEpisode();
        }
        journal.down(why.reason());
        if (first && mayHold) {
            hold();
        } else {
            retry();
        }
    }

    private void rest() {
        if (pending() > 0) {
            return;
        }
        GuardedConnection old = current;
        if (old != null) {
            meters.connected(index, false);
            old.drain();
        }
        current = null;
        state = State.IDLE;
        dialling.stop();
        age.gone();
    }
}
