package io.portcullis;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.core.AppenderBase;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.LoggerFactory;

/**
 * What Vert.x's own checker says of event loops that were held. On a machine that others use, and with a collector that stops the world, a
 * loop that did nothing wrong looks held, too: so a thread of the watch's own sleeps beside them, and what happened while that one woke up
 * late, is the machine's. Everything else counts, whoever's code it is in.
 */
final class LoopWatch implements AutoCloseable {

    private static final String CHECKER = "io.vertx.core.impl.BlockedThreadChecker";
    private static final long STEP_MILLIS = 5;
    /** So late, and a thread that wants to run does not. */
    private static final long LATE_NANOS = TimeUnit.MILLISECONDS.toNanos(15);
    /** Longer than a loop may be held and the checker takes to see it. */
    private static final long BEFORE_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    private final Logger checker = (Logger) LoggerFactory.getLogger(CHECKER);
    private final List<Block> blocks = new ArrayList<>();
    private final List<Long> pauses = new ArrayList<>();
    private final Thread sleeper = new Thread(this::sleep, "loop-watch");
    private final AppenderBase<ILoggingEvent> appender = new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
            told(event);
        }
    };
    private volatile boolean closed;

    /** One line of the checker. */
    private record Block(long at, String text) {}

    LoopWatch() {
        appender.start();
        checker.addAppender(appender);
        sleeper.setDaemon(true);
        sleeper.start();
    }

    /** What was held by something else than the machine since that moment. */
    List<String> heldSince(long nanos) {
        synchronized (blocks) {
            return blocks.stream()
                    .filter(block -> block.at() - nanos >= 0)
                    .filter(block -> pauses.stream()
                            .noneMatch(pause -> pause - block.at() <= 0 && block.at() - pause < BEFORE_NANOS))
                    .map(Block::text)
                    .toList();
        }
    }

    /** How often the checker spoke since that moment, for whatever reason. */
    long toldSince(long nanos) {
        synchronized (blocks) {
            return blocks.stream().filter(block -> block.at() - nanos >= 0).count();
        }
    }

    private void told(ILoggingEvent event) {
        IThrowableProxy stack = event.getThrowableProxy();
        String where = stack == null
                ? ""
                : String.join(
                        " < ",
                        Arrays.stream(stack.getStackTraceElementProxyArray())
                                .limit(8)
                                .map(frame -> frame.getStackTraceElement().toString())
                                .toList());
        synchronized (blocks) {
            blocks.add(new Block(System.nanoTime(), event.getFormattedMessage() + " at " + where));
        }
    }

    private void sleep() {
        long last = System.nanoTime();
        while (!closed) {
            try {
                TimeUnit.MILLISECONDS.sleep(STEP_MILLIS);
            } catch (InterruptedException e) {
                return;
            }
            long now = System.nanoTime();
            if (now - last > LATE_NANOS + TimeUnit.MILLISECONDS.toNanos(STEP_MILLIS)) {
                synchronized (blocks) {
                    pauses.add(now);
                }
            }
            last = now;
        }
    }

    @Override
    public void close() {
        closed = true;
        sleeper.interrupt();
        checker.detachAppender(appender);
    }
}
