package io.portcullis.cache;

import io.vertx.core.internal.ContextInternal;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Commands in the order in which their answers will come, and one timer for the earliest of their limits. An abandoned command keeps its
 * place in the line until its answer has come. Belongs to one event loop.
 */
class CommandQueue {

    private static final long NO_TIMER = -1;

    private final ContextInternal context;
    private final Consumer<List<Command>> onLimit;
    private final ArrayDeque<Command> line = new ArrayDeque<>();
    private long timer = NO_TIMER;
    private long timerAt;

    /** @param onLimit is given the commands whose limit has passed, oldest first; they stay in the line */
    CommandQueue(ContextInternal context, Consumer<List<Command>> onLimit) {
        this.context = context;
        this.onLimit = onLimit;
    }

    void add(Command command) {
        line.add(command);
        if (timer == NO_TIMER || command.limit() - timerAt < 0) {
            arm(command.limit());
        }
    }

    @Nullable
    Command poll() {
        return line.poll();
    }

    @Nullable
    Command peek() {
        return line.peek();
    }

    int size() {
        return line.size();
    }

    boolean isEmpty() {
        return line.isEmpty();
    }

    /** Fails the command at once and keeps its place. */
    void abandon(Command command) {
        command.abandon();
    }

    /** Takes the command out of the line: for commands that were never sent. */
    void remove(Command command) {
        line.remove(command);
    }

    /** Empties the line. */
    List<Command> takeAll() {
        disarm();
        List<Command> all = new ArrayList<>(line);
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
        List<Command> late = line.stream().filter(c -> c.limit() - now <= 0).toList();
        if (!late.isEmpty()) {
            onLimit.accept(late);
        }
        if (!line.isEmpty()) {
            arm(earliest());
        }
    }

    private long earliest() {
        long now = System.nanoTime();
        long shortest = Long.MAX_VALUE;
        for (Command command : line) {
            shortest = Math.min(shortest, command.limit() - now);
        }
        return now + shortest;
    }
}
