package io.portcullis;

import io.portcullis.auth.ApiKey;
import io.portcullis.embedded.PostgresProcess;
import io.portcullis.testing.RealRedis;
import io.portcullis.testing.TcpProxy;
import io.portcullis.testing.TestServers;
import java.net.URI;
import java.net.http.HttpResponse;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** A gateway before servers that a test may break, and the callers that a fault is looked at from. */
final class FaultBench implements AutoCloseable {

    private static final int COLD_KEYS = 10;
    private static final int WARM_TRIES = 5;

    /** How a fault is made, and how it ends. */
    interface Act {
        void on(FaultBench bench) throws Exception;
    }

    private final PostgresProcess postgres;
    private final RealRedis redis;
    private final TcpProxy toPostgres;
    private final TcpProxy toRedis;
    private final TestGateway gateway;
    private final String database;
    private final SecureRandom random = new SecureRandom();
    private final List<Connection> taken = new ArrayList<>();

    final String warm;
    final String suspended;
    private final List<String> cold = new ArrayList<>();

    /**
     * What a caller got.
     *
     * @param code of the problem, 0 for none
     * @param millis median of all tries
     */
    record Answer(int status, int code, boolean stale, long millis) {
        @Override
        public String toString() {
            return status + (code == 0 ? "" : " " + code) + (stale ? " stale" : "") + " " + millis + " ms";
        }
    }

    /** @param direct whether the gateway's way to PostgreSQL is the server itself; else it is a proxy */
    FaultBench(PostgresProcess postgres, RealRedis redis, boolean direct, Map<String, String> settings)
            throws Exception {
        this.postgres = postgres;
        this.redis = redis;
        this.database = postgres.freshDatabaseUrl();
        URI server = URI.create(database);
        this.toPostgres = TcpProxy.to(server.getHost(), server.getPort());
        this.toRedis = TcpProxy.to("127.0.0.1", redis.port());
        Map<String, String> all = new HashMap<>(settings);
        all.put("PORTCULLIS_REDIS_URL", "redis://127.0.0.1:" + toRedis.port() + "/0");
        all.put("PORTCULLIS_DEPLOYMENT_LOOP_WARNING", "50ms");
        this.gateway = TestGateway.startBehind(direct ? server.getPort() : toPostgres.port(), database, all);
        this.warm = gateway.client().key();
        this.suspended = gateway.client("SUSPENDED").key();
        for (int i = 0; i < COLD_KEYS; i++) {
            cold.add(gateway.client().key());
        }
        for (int i = 0; i < 20; i++) {
            gateway.withKey(warm);
            gateway.withKey(suspended);
        }
    }

    TestGateway gateway() {
        return gateway;
    }

    TcpProxy toPostgres() {
        return toPostgres;
    }

    TcpProxy toRedis() {
        return toRedis;
    }

    RealRedis redis() {
        return redis;
    }

    PostgresProcess postgres() {
        return postgres;
    }

    String nextCold() {
        return cold.remove(cold.size() - 1);
    }

    String unknown() {
        return ApiKey.generate("test", random);
    }

    Answer warm() throws Exception {
        return asked(WARM_TRIES, () -> warm);
    }

    Answer suspended() throws Exception {
        return asked(WARM_TRIES, () -> suspended);
    }

    Answer cold(int tries) throws Exception {
        return asked(tries, this::nextCold);
    }

    Answer unknown(int tries) throws Exception {
        return asked(tries, this::unknown);
    }

    Answer once(String key) throws Exception {
        return asked(1, () -> key);
    }

    /** The last one's answer, and how long the median one took: one may have met a busy machine. */
    private Answer asked(int tries, Supplier<String> key) throws Exception {
        long[] millis = new long[tries];
        Answer last = new Answer(0, 0, false, 0);
        for (int i = 0; i < tries; i++) {
            long start = System.nanoTime();
            HttpResponse<String> answer = gateway.withKey(key.get());
            millis[i] = Duration.ofNanos(System.nanoTime() - start).toMillis();
            boolean stale = answer.headers().firstValue("X-Auth-Stale").isPresent();
            if (answer.statusCode() == 503
                    && answer.headers().firstValue("Retry-After").isEmpty()) {
                throw new AssertionError("503 without Retry-After: " + answer.body());
            }
            last = new Answer(answer.statusCode(), code(answer.body()), stale, 0);
        }
        Arrays.sort(millis);
        return new Answer(last.status(), last.code(), last.stale(), millis[tries / 2]);
    }

    private static int code(String body) {
        int at = body.indexOf("\"code\":");
        return at < 0 ? 0 : Integer.parseInt(body.substring(at + 7, at + 12));
    }

    /** Every new transaction of every session may only read, as after {@code ALTER SYSTEM} by an operator whose disk is full. */
    void readOnly(boolean on) throws SQLException {
        superuser("ALTER SYSTEM SET default_transaction_read_only = " + (on ? "on" : "off"));
        superuser("SELECT pg_reload_conf()");
    }

    /** All connections that the server has are somebody else's, and the gateway's own are gone. */
    void takeAllConnections() throws SQLException {
        // It has a place, too, which would be free if it went.
        Connection superuser = TestServers.connect(postgres.superuserUrl(database));
        taken.add(superuser);
        try (Statement statement = superuser.createStatement()) {
            // Until there was none to be had, and then none of the gateway's either; several times over: one that has
            // just been ended is no longer shown, and its place not yet free.
            int clean = 0;
            for (int round = 0; round < 500; round++) {
                int got = takeWhatThereIs();
                try (ResultSet rows =
                        statement.executeQuery("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                                + " WHERE application_name LIKE 'portcullis%'")) {
                    rows.next();
                    clean = got == 0 && rows.getInt(1) == 0 ? clean + 1 : 0;
                    if (clean == 10) {
                        return;
                    }
                }
            }
        }
        throw new AssertionError("the gateway always got one");
    }

    private int takeWhatThereIs() throws SQLException {
        for (int got = 0; ; got++) {
            try {
                taken.add(TestServers.connect(database));
            } catch (SQLException e) {
                if (!"53300".equals(e.getSQLState())) {
                    throw e;
                }
                return got;
            }
        }
    }

    void giveBack() throws SQLException {
        for (Connection connection : taken) {
            connection.close();
        }
        taken.clear();
    }

    /** Readers wait, too. */
    void lockTables() throws SQLException {
        Connection blocker = TestServers.connect(database);
        taken.add(blocker);
        blocker.setAutoCommit(false);
        try (Statement statement = blocker.createStatement()) {
            statement.execute("LOCK TABLE client_registry.client_keys IN ACCESS EXCLUSIVE MODE");
        }
    }

    private void superuser(String sql) throws SQLException {
        try (Connection connection = TestServers.connect(postgres.superuserUrl(database));
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    @Override
    public void close() throws SQLException {
        giveBack();
        gateway.close();
        toPostgres.close();
        toRedis.close();
    }
}
