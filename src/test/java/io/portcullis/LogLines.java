package io.portcullis;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.slf4j.LoggerFactory;

/** What this JVM writes to its log. */
final class LogLines implements AutoCloseable {

    private final Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    private final List<String> lines = Collections.synchronizedList(new ArrayList<>());
    private final AppenderBase<ILoggingEvent> appender = new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
            lines.add(event.getFormattedMessage());
        }
    };

    LogLines() {
        appender.start();
        root.addAppender(appender);
    }

    void clear() {
        lines.clear();
    }

    /** Those that begin so. */
    List<String> lines(String beginning) {
        synchronized (lines) {
            return lines.stream().filter(line -> line.startsWith(beginning)).toList();
        }
    }

    @Override
    public void close() {
        root.detachAppender(appender);
    }
}
