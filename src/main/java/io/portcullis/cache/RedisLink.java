package io.portcullis.cache;

import io.portcullis.bus.Deadline;
import io.vertx.core.Future;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.PromiseInternal;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The way of one event loop to Redis: one pipelined connection, replaced when it is lost, suspect or old. Use it on the event loop that
 * opened it; results come on the context that asked.
 *
 * <p>While there is no connection a command fails at once, with two exceptions: the first connection of an unused link and the first
 * reconnect after a loss are given {@value #HOLD_MILLIS} ms, for what is sent meanwhile and for reads that the loss left unanswered. When
 * that attempt fails, or takes longer, all of them fail, and from then on the link only answers again when it is up.
 */
public final class RedisLink {

    static final long HOLD_MILLIS = 100;
    private static final long NO_TIMER = -1;

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
    private final Runnable onClose;
    private final Backoff backoff;
    private final LinkJournal journal;
    private final RedisDialler dialler;
    private final CommandQueue held;
    private final RedisConnection.Owner events = new Events();

    private State state = State.IDLE;
    private volatile @Nullable RedisConnection current;
    private int attempt;
    private int dials;
    private boolean renewing;
    private long lostAt = System.nanoTime() - LinkJournal.STABLE;
    private long renewedAt = lostAt;
    private long usedAt = System.nanoTime();
    private long retryTimer = NO_TIMER;
    private long holdTimer = NO_TIMER;
    private long renewTimer = NO_TIMER;
    private long idleTimer = NO_TIMER;

    RedisLink(
            int index,
            ContextInternal context,
            RedisSettings settings,
            RedisMeters meters,
            Backoff backoff,
            RedisConnection.Line line,
            Runnable onClose) {
        this.index = index;
        this.context = context;
        this.settings = settings;
        this.meters = meters;
        this.backoff = backoff;
        this.onClose = onClose;
        this.journal = new LinkJournal(index, settings);
        this.dialler = new RedisDialler(context, settings, line);
        this.held = new CommandQueue(context, late -> late.forEach(this::letGo));
        if (index < settings.minIdle()) {
            hold();
        } else {
            idleTimer = context.setTimer(settings.idleTimeout().toMillis(), id -> unused());
        }
    }

    /** Whether there is a connection now. From any thread. */
    public boolean connected() {
        return current != null;
    }

    /** Whether an answer is awaited now. From any thread. */
    boolean busy() {
        RedisConnection connection = current;
        return connection != null && connection.busy();
    }

    /** Closes the connection; what waits fails. The link cannot be used again. From any thread. */
    public Future<Void> close() {
        PromiseInternal<Void> closed = context.promise();
        context.runOnContext(v -> {
            if (state != State.CLOSED) {
                state = State.CLOSED;
                List.of(retryTimer, holdTimer, renewTimer, idleTimer).forEach(this::cancel);
                RedisFailure why = new RedisFailure.Unavailable("link closed");
                failHeld(why);
                drop(why);
                onClose.run();
            }
            dialler.close().onComplete(closed);
        });
        return closed.future();
    }

    /**
     * Sends a command. The future fails with a {@link RedisFailure} only.
     *
     * @throws IllegalStateException on a thread that is not the link's event loop
     */
    Future<Reply> send(RedisOperation operation, RequestWriter writer, Deadline deadline) {
        if (!context.nettyEventLoop().inEventLoop()) {
            throw new IllegalStateException("Redis link " + index + " is used outside its event loop");
        }
        ContextInternal caller = ContextInternal.current();
        PromiseInternal<Reply> answer = (caller == null ? context : caller).promise();
        RedisFailure refusal = admit(deadline);
        if (refusal != null) {
            answer.fail(refusal);
        } else {
            long last = usedAt + settings.commandTimeout().toNanos();
            long limit = deadline.nanoTime() - last < 0 ? deadline.nanoTime() : last;
            pass(new Command(operation, writer, answer, limit, last));
        }
        return answer.future();
    }

    private @Nullable RedisFailure admit(Deadline deadline) {
        usedAt = System.nanoTime();
        if (deadline.nanoTime() - usedAt <= 0) {
            return new RedisFailure.TimedOut();
        }
        RedisConnection connection = current;
        if (pending() >= settings.maxPending() || (connection != null && connection.full())) {
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

    private int pending() {
        RedisConnection connection = current;
        return held.size() + (connection == null ? 0 : connection.pending());
    }

    /** To the connection, or to those who wait for one. */
    private void pass(Command command) {
        RedisConnection connection = current;
        if (connection != null) {
            connection.send(command);
        } else {
            held.add(command);
        }
    }

    private void letGo(Command late) {
        held.remove(late);
        late.fail(new RedisFailure.TimedOut());
    }

    private void failHeld(RedisFailure why) {
        held.takeAll().forEach(command -> command.fail(why));
    }

    // --- connecting

    private void hold() {
        state = State.HOLDING;
        attempt = 0;
        holdTimer = context.setTimer(HOLD_MILLIS, id -> {
            if (state == State.HOLDING) {
                state = State.DOWN;
                failHeld(new RedisFailure.Unavailable("still connecting"));
            }
        });
        int id = ++dials;
        // Not from inside a caller's context: the connection must belong to the link's own.
        context.runOnContext(v -> dial(id));
    }

    private void retry() {
        attempt++;
        int id = ++dials;
        retryTimer = context.setTimer(backoff.delayMillis(attempt), timer -> dial(id));
    }

    private void dial(int id) {
        retryTimer = NO_TIMER;
        if (id == dials && current == null && (state == State.HOLDING || state == State.DOWN)) {
            dialler.dial(events).onComplete((connection, failure) -> {
                if (connection != null) {
                    adopt(connection);
                } else if (id == dials && current == null && (state == State.HOLDING || state == State.DOWN)) {
                    failed(failure);
                }
            });
        }
    }

    private void failed(Throwable failure) {
        RedisFailure why = failure instanceof RedisFailure known
                ? known
                : new RedisFailure.Unavailable(failure.getClass().getSimpleName());
        journal.down(why.reason());
        lostAt = System.nanoTime();
        state = State.DOWN;
        cancel(holdTimer);
        retry();
        failHeld(why);
    }

    /** Makes a fresh connection the one that is used; an older one may finish. */
    private void adopt(RedisConnection connection) {
        if (state == State.CLOSED || state == State.IDLE) {
            connection.drain();
            return;
        }
        RedisConnection old = current;
        current = connection;
        state = State.UP;
        List.of(retryTimer, holdTimer, renewTimer).forEach(this::cancel);
        renewTimer = context.setTimer(backoff.earlier(settings.maxLifetime().toMillis()), id -> renew());
        if (old != null) {
            old.drain();
        } else {
            meters.connected(index, true);
            journal.up();
        }
        held.takeAll().forEach(connection::send);
    }

    // --- losing and replacing

    private final class Events implements RedisConnection.Owner {

        @Override
        public void lost(RedisConnection connection, RedisFailure why, List<Command> unanswered, boolean mayRepeat) {
            if (connection == current) {
                down(why, mayRepeat);
            }
            long now = System.nanoTime();
            for (Command command : unanswered) {
                boolean again = mayRepeat && command.mayRepeat(settings.maxRetries(), now);
                if (again && (state == State.UP || state == State.HOLDING)) {
                    pass(command);
                } else {
                    command.fail(why);
                }
            }
        }

        @Override
        public void readOnly(RedisConnection connection) {
            long now = System.nanoTime();
            if (connection == current && now - renewedAt >= TimeUnit.MILLISECONDS.toNanos(Backoff.MAX_MILLIS)) {
                journal.readOnly(now);
                renew();
            }
        }
    }

    /** The first loss in a while is made good at once; a connection that keeps breaking is not chased. */
    private void down(RedisFailure why, boolean mayHold) {
        current = null;
        cancel(renewTimer);
        if (state != State.UP) {
            return;
        }
        meters.connected(index, false);
        long now = System.nanoTime();
        boolean first = now - lostAt >= LinkJournal.STABLE;
        lostAt = now;
        if (first) {
            attempt = 0;
            journal.newEpisode();
        }
        journal.down(why.reason());
        if (first && mayHold) {
            hold();
        } else {
            state = State.DOWN;
            retry();
        }
    }

    private void renew() {
        if (state != State.UP || renewing) {
            return;
        }
        renewing = true;
        renewedAt = System.nanoTime();
        context.runOnContext(v -> dialler.dial(events).onComplete((connection, failure) -> {
            renewing = false;
            if (connection != null) {
                adopt(connection);
            } else if (state == State.UP) {
                cancel(renewTimer);
                renewTimer = context.setTimer(backoff.delayMillis(Integer.MAX_VALUE), id -> renew());
            }
        }));
    }

    private void unused() {
        long left = settings.idleTimeout().toMillis() - TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - usedAt);
        if (left <= 0 && pending() == 0 && state != State.CLOSED) {
            rest();
        }
        idleTimer =
                context.setTimer(Math.max(1, left <= 0 ? settings.idleTimeout().toMillis() : left), id -> unused());
    }

    private void rest() {
        RedisConnection old = current;
        if (old != null) {
            meters.connected(index, false);
            old.drain();
        }
        current = null;
        state = State.IDLE;
        List.of(retryTimer, holdTimer, renewTimer).forEach(this::cancel);
    }

    private void drop(RedisFailure why) {
        RedisConnection old = current;
        if (old != null) {
            meters.connected(index, false);
            old.close(why);
        }
    }

    private void cancel(long timer) {
        if (timer != NO_TIMER) {
            context.owner().cancelTimer(timer);
        }
    }
}
