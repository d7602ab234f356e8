package io.portcullis.database;

import org.flywaydb.core.api.logging.Log;
import org.flywaydb.core.api.logging.LogCreator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends what Flyway has to tell into our log, a level lower: its progress is debug to us, and its errors reach the caller as exceptions.
 * Public because Flyway creates it by name.
 */
public final class FlywayLog implements LogCreator, Log {
    private static final Logger LOG = LoggerFactory.getLogger(FlywayLog.class);

    @Override
    public Log createLogger(Class<?> type) {
        return this;
    }

    @Override
    public void debug(String message) {
        LOG.trace("{}", message);
    }

    @Override
    public void info(String message) {
        LOG.debug("{}", message);
    }

    @Override
    public void warn(String message) {
        LOG.info("{}", message);
    }

    @Override
    public void error(String message) {
        LOG.debug("{}", message);
    }

    @Override
    public void error(String message, Exception e) {
        LOG.debug("{}", message, e);
    }

    @Override
    public void notice(String message) {
        LOG.debug("{}", message);
    }
}
