package io.portcullis.cache;

import io.vertx.core.internal.ContextInternal;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Commands in the order in which they were sent, and one timer for the earliest of their limits. Belongs to one event loop. */
final class PendingLine {

    private static final long NO_TIMER = -1;

    private final ContextInternal context;
    private final Consumer<List<PendingCommand>> onLimit;
    private final boolean lateLeave;
    private final ArrayDeque<PendingCommand> line = new ArrayDeque<>();
    private long timer = NO_TIMER;
    private long timerAt;

    /** @param onLimit is given the commands whose limit has passed, oldest first; they stay in the line */
    PendingLine(ContextInternal context, Consumer<List<PendingCommand>> onLimit) {
        this(context, onLimit, false);
    }

    private PendingLine(ContextInternal context, Consumer<List<PendingCommand>> onLimit, boolean lateLeave) {
        this.context = context;
        this.onLimit = onLimit;
        this.lateLeave = lateLeave;
    }

    /** A line of commands that were never sent: whose limit passes leaves it. */
    static PendingLine unsent(ContextInternal context) {
        return new PendingLine(
                context, late -> late.forEach(command -> command.fail(new RedisFailure.TimedOut())), true);
    }

    void add(PendingCommand command) {
        line.add(command);
        if (timer == NO_TIMER || command.limit() - timerAt < 0) {
            arm(command.limit());
        }
    }

    @Nullable
    PendingCommand poll() {
        return line.poll();
    }

    @Nullable
    PendingCommand peek() {
        return line.peek();
    }

    int size() {
        return line.size();
    }

    /** Empties the line and fails all who stood in it. */
    void failAll(RedisFailure why) {
        takeAll().forEach(command -> command.fail(why));
    }

    /** Empties the line. */
    List<PendingCommand> takeAll() {
        disarm();
        List<PendingCommand> all = new ArrayList<>(line);
        line.clear();
        return all;
    }

    private void arm(long at) {
        disarm();
        timerAt = at;
        long left = Math.max(0, at - System.nanoTime());
        timer = context.setTimer(Math.max(1, TimeUnit.NANOSECONDS.toMillis(left + 999_999)), id -> expire());
    }

    private void disarm() {
        if (timer != NO_TIMER) {
            context.owner().cancelTimer(timer);
            timer = NO_TIMER;
        }
    }

    private void expire() {
        timer = NO_TIMER;
        long now = System.nanoTime();
        List<PendingCommand> late =
                line.stream().filter(c -> c.limit() - now <= 0).toList();
        if (lateLeave) {
            line.removeIf(c -> c.limit() - now <= 0);
        }
        if (!late.isEmpty()) {
            onLimit.accept(late);
        }
        line.stream().mapToLong(c -> c.limit() - now).min().ifPresent(left -> arm(now + left));
    }
}
