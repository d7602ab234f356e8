package io.portcullis.embedded;

/** The configuration files of the cluster. They are written at every start; what an operator sets by ALTER SYSTEM stays and wins. */
final class PostgresConfig {
    static final String LOG_FOLDER = "log";

    private PostgresConfig() {}

    static final String POSTGRESQL_CONF = """
            # Written by the gateway at every start. Your own settings: ALTER SYSTEM SET ...
            max_connections = 250
            shared_buffers = 128MB
            dynamic_shared_memory_type = posix
            # The default, workers, are three more processes, for reads that a cache in front makes rare.
            io_method = sync
            # Compiling a query pays for long ones only.
            jit = off
            fsync = on
            synchronous_commit = on
            full_page_writes = on
            track_commit_timestamp = off
            password_encryption = 'scram-sha-256'
            timezone = 'UTC'
            log_timezone = 'UTC'
            datestyle = 'iso, mdy'
            lc_messages = 'C'
            lc_monetary = 'C'
            lc_numeric = 'C'
            lc_time = 'C'
            default_text_search_config = 'pg_catalog.english'
            # A file per weekday, begun anew each week.
            logging_collector = on
            log_directory = '%s'
            log_filename = 'postgres-%%a.log'
            log_file_mode = 0600
            log_rotation_age = 1d
            log_rotation_size = 0
            log_truncate_on_rotation = on
            log_checkpoints = off
            # Neither statements nor rows: they hold what callers and operators wrote.
            log_min_error_statement = panic
            log_error_verbosity = terse
            """.formatted(LOG_FOLDER);

    /** There is no Unix socket; over TCP from this machine, by password. */
    static final String PG_HBA_CONF = """
            # Written by the gateway at every start.
            # TYPE  DATABASE  USER  ADDRESS       METHOD
            host    all       all   127.0.0.1/32  scram-sha-256
            """;
}
