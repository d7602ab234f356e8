package io.portcullis.upstream;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.LoggerFactory;

/** All that this JVM logs, this room with everything it has to say. */
final class RoomLog implements AutoCloseable {

    private final Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    private final Logger room = (Logger) LoggerFactory.getLogger("io.portcullis.upstream");
    private final List<String> lines = new CopyOnWriteArrayList<>();
    private final AppenderBase<ILoggingEvent> appender = new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
            lines.add(event.getFormattedMessage());
        }
    };

    RoomLog() {
        room.setLevel(Level.TRACE);
        appender.start();
        root.addAppender(appender);
    }

    /** So far. */
    List<String> lines() {
        return List.copyOf(lines);
    }

    /** Those that tell of the breaker of a service. */
    List<String> breaker(String service) {
        return lines.stream()
                .filter(line -> line.startsWith("event=breaker."))
                .filter(line -> line.contains("service=" + service))
                .toList();
    }

    @Override
    public void close() {
        root.detachAppender(appender);
        room.setLevel(null);
    }
}
