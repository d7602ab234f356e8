package io.portcullis;

import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a start leaves behind, to be closed in the reverse order. Belongs to who starts and stops: one thread at a time. */
final class Closings implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Closings.class);

    private record Step(String what, AutoCloseable closing) {}

    private final Deque<Step> steps = new ArrayDeque<>();

    /** @param what for the log, should it fail */
    void add(String what, AutoCloseable closing) {
        steps.push(new Step(what, closing));
    }

    /** A step that fails is logged and does not keep the others. */
    @Override
    public void close() {
        while (!steps.isEmpty()) {
            Step step = steps.pop();
            try {
                step.closing().close();
            } catch (Exception e) {
                log.warn("event=gateway.stop_failed what=\"{}\" reason=\"{}\"", step.what(), e.toString());
            }
        }
    }
}
