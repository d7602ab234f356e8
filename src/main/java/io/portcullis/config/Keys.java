package io.portcullis.config;

import static java.time.Duration.ofHours;
import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;

import io.portcullis.auth.CertificateIdentity;
import io.portcullis.auth.CredentialScheme;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Every key there is, in the order in which they are shown. To add one: declare it here, give it to its record in {@link Assembly}. */
final class Keys {
    private static final List<Key<?>> ALL = new ArrayList<>();
    private static final Map<String, String> SECTIONS = new LinkedHashMap<>();

    static {
        section("server", "The data plane: the port that proxies ask, or that callers reach.");
    }

    static final Key<String> SERVER_HOST = key(
            "server.host",
            Type.TEXT,
            "0.0.0.0",
            "host name or address",
            "127.0.0.1 if only a proxy on this machine asks.");
    static final Key<Integer> SERVER_PORT =
            key("server.port", Type.INT, 8080, "0 to 65535", "0 takes a free port and logs it.");
    static final Key<Duration> SERVER_REQUEST_TIMEOUT = key(
            "server.request-timeout",
            Type.DURATION,
            ofSeconds(2),
            "10ms to 1m",
            "Deadline of one look-up through all tiers; then the answer is 503. Keep it below the proxy's own limit.");
    static final Key<Duration> SERVER_IDLE_TIMEOUT = key(
            "server.idle-timeout",
            Type.DURATION,
            ofSeconds(75),
            "1s to 1h",
            "A connection without traffic is closed after it. Keep it above the proxy's keep-alive, or the proxy meets closed ones.");
    static final Key<Duration> SERVER_DRAIN_TIMEOUT = key(
            "server.drain-timeout",
            Type.DURATION,
            ofSeconds(10),
            "0s to 10m",
            "How long a stop (SIGTERM) waits for requests in flight. Keep it below the supervisor's own patience.");
    static final Key<ByteSize> SERVER_MAX_HEAD_SIZE = key(
            "server.max-head-size",
            Type.SIZE,
            ByteSize.parse("16KB"),
            "1KB to 1MB",
            "All header fields of a request together. Raise it where cookies are large.");
    static final Key<ByteSize> SERVER_MAX_URI_SIZE = key(
            "server.max-uri-size",
            Type.SIZE,
            ByteSize.parse("8KB"),
            "256 to 1MB",
            "The request line, its path and query.");
    static final Key<Duration> SERVER_HEAD_TIMEOUT = key(
            "server.head-timeout",
            Type.DURATION,
            ofSeconds(10),
            "100ms to 1m",
            "How long a peer may take to send a request's head, from the connection's opening or its first byte on, and to read answers that wait.");
    static final Key<Integer> SERVER_MAX_CONNECTIONS = key(
            "server.max-connections",
            Type.INT,
            20000,
            "0 to 1000000",
            "Open at once in this process; more are closed at once. 0 is no bound. A hostile one may cost 100 KB; files (ulimit -n) must suffice.");
    static final Key<Path> SERVER_UNIX_SOCKET = key(
            "server.unix-socket",
            Type.PATH,
            null,
            "path of a Unix domain socket, made at start",
            "Beside the port, for a proxy on this machine: plain HTTP/1.1, fewer copies. Peers have no address, so clients with address rules are refused. Linux only.");
    static final Key<String> SERVER_UNIX_SOCKET_MODE = key(
            "server.unix-socket-mode",
            Type.TEXT,
            "660",
            "three octal digits",
            "Permissions of that file. Who may write to it may ask; its group is the folder's, if that has the setgid bit.");

    static {
        section(
                "server.tls",
                "TLS 1.2 and 1.3 on the same port, HTTP/2 and HTTP/1.1. Without a certificate the port is plain.");
    }

    static final Key<Path> SERVER_TLS_CERTIFICATE = key(
            "server.tls.certificate",
            Type.PATH,
            null,
            "PEM file",
            "The server's certificate, and behind it those that lead to its root. Read again when it changes: the new one serves new connections.");
    static final Key<Path> SERVER_TLS_KEY = key(
            "server.tls.key",
            Type.PATH,
            null,
            "PEM file",
            "Its private key: RSA or EC, as PKCS#8, PKCS#1 or SEC 1, not encrypted. Set both files, or neither.");
    static final Key<Path> SERVER_TLS_CLIENT_CA = key(
            "server.tls.client-ca",
            Type.PATH,
            null,
            "PEM file",
            "Those whose signature under a client's certificate is believed: an authority of your own, not a public one.");
    static final Key<ClientCertificates> SERVER_TLS_CLIENT_AUTH = key(
            "server.tls.client-auth",
            Type.CLIENT_CERTIFICATES,
            ClientCertificates.NONE,
            "none, request or required",
            "Whether clients are asked for a certificate. It is a credential (auth.schemes: certificate) that `key certificate` gives to a client.");
    static final Key<CertificateIdentity> SERVER_TLS_CLIENT_IDENTITY = key(
            "server.tls.client-identity",
            Type.CERTIFICATE_IDENTITY,
            CertificateIdentity.FINGERPRINT,
            "fingerprint or san",
            "What says who a client is: its certificate, or the one URI (else DNS) name in it, which a renewed one keeps.");

    static {
        section("management", "The second port: health, metrics, administration. Not for the outside.");
    }

    static final Key<String> MANAGEMENT_HOST = key(
            "management.host",
            Type.TEXT,
            "127.0.0.1",
            "host name or address",
            "Loopback keeps it to this machine; an orchestrator's probes and Prometheus need an address they can reach.");
    static final Key<Integer> MANAGEMENT_PORT =
            key("management.port", Type.INT, 9091, "0 to 65535", "0 takes a free port and logs it.");
    static final Key<Secret> MANAGEMENT_TOKEN = key(
            "management.token",
            Type.SECRET,
            null,
            "secret, at least 16 characters",
            "What administrators present. Required with your own servers; the embedded default makes one and keeps it in its data folder.");

    static {
        section(
                "postgres",
                "The source of truth. Without postgres.url and redis.url the gateway starts the embedded servers.");
    }

    static final Key<PostgresUrl> POSTGRES_URL = key(
            "postgres.url",
            Type.POSTGRES_URL,
            null,
            "postgresql://user:password@host:5432/database?sslmode=verify-full",
            "Your PostgreSQL; redis.url must be set with it. sslmode is prefer if not given. Escape / @ % in a password as %2F %40 %25."
                    + " Also from the environment: one of DATABASE_URL, POSTGRES_E_HOST (_PORT, _USER, _PASSWORD, _DB)"
                    + " and DB_HOST (DB_PORT, DB_USER, DB_PASSWORD, DB_NAME, DB_SSL_MODE); in the last two, user and database are"
                    + " uois_gateway if not given; two of the three that differ stop the start.");
    static final Key<PostgresUrl> POSTGRES_LISTEN_URL = key(
            "postgres.listen-url",
            Type.POSTGRES_URL,
            null,
            "as postgres.url",
            "The direct way to the same database, where postgres.url leads through a pooler such as PgBouncer, which keeps no session: for migrations and for LISTEN.");
    static final Key<Integer> POSTGRES_POOL_SIZE = key(
            "postgres.pool-size",
            Type.INT,
            20,
            "2 to 1000",
            "Connections of this process at most. Nodes times this must stay below the server's max_connections.");
    static final Key<Integer> POSTGRES_POOL_MIN = key(
            "postgres.pool-min",
            Type.INT,
            5,
            "0 to 1000",
            "Connections opened at start, so that the first requests need not wait for them; at most pool-size.");
    static final Key<Duration> POSTGRES_MAX_LIFETIME = key(
            "postgres.max-lifetime",
            Type.DURATION,
            ofHours(1),
            "1s to 168h",
            "A connection is replaced after it, so that load follows a changed DNS name.");
    static final Key<Duration> POSTGRES_IDLE_TIMEOUT = key(
            "postgres.idle-timeout",
            Type.DURATION,
            ofMinutes(30),
            "1s to 168h",
            "An idle connection is closed after it. Keep it below what firewalls in between allow.");
    static final Key<Duration> POSTGRES_CONNECT_TIMEOUT = key(
            "postgres.connect-timeout", Type.DURATION, ofSeconds(5), "10ms to 1m", "Limit of opening one connection.");
    static final Key<Duration> POSTGRES_HEALTH_TIMEOUT = key(
            "postgres.health-timeout",
            Type.DURATION,
            ofSeconds(5),
            "10ms to 1m",
            "Limit of one health check. A node that gets no answer stays ready, degraded, while its caches may decide; then it is not ready.");
    static final Key<Integer> POSTGRES_QUEUE_SIZE = key(
            "postgres.queue-size",
            Type.INT,
            1000,
            "1 to 1000000",
            "Look-ups that may wait for a connection. Beyond it they fail at once (503) instead of piling up.");
    static final Key<Integer> POSTGRES_PIPELINING_LIMIT = key(
            "postgres.pipelining-limit",
            Type.INT,
            256,
            "1 to 10000",
            "Statements in flight on one connection. 1 where a pooler in between does not pipeline.");

    static {
        section(
                "redis",
                "The cache that all nodes share. It may be lost at any time: nothing but speed depends on it.");
    }

    static final Key<RedisUrl> REDIS_URL = key(
            "redis.url",
            Type.REDIS_URL,
            null,
            "redis://user:password@host:6379/0, rediss:// for TLS",
            "Your Redis; postgres.url must be set with it. Also from the environment: one of REDIS_URL, REDIS_ADDR (host:port)"
                    + " and REDIS_HOST (REDIS_PORT); two of the three that differ stop the start.");
    static final Key<Secret> REDIS_PASSWORD = key(
            "redis.password",
            Type.SECRET,
            null,
            "secret",
            "Overrides the one in redis.url, wherever that comes from.",
            "REDIS_PASSWORD");
    static final Key<Integer> REDIS_DB =
            key("redis.db", Type.INT, null, "0 to 99999", "Overrides the one in redis.url.", "REDIS_DB");
    static final Key<String> REDIS_PREFIX = key(
            "redis.prefix",
            Type.TEXT,
            "",
            "at most 64 letters, digits or any of : . _ / -",
            "Put before every key, where several systems share one Redis. The same on every node.",
            "REDIS_PREFIX");
    static final Key<Boolean> REDIS_TLS_VERIFY = key(
            "redis.tls-verify",
            Type.BOOLEAN,
            true,
            "true or false",
            "Whether a rediss:// server must prove its name. false lets anyone in between read and answer.");
    static final Key<Integer> REDIS_POOL_SIZE = key(
            "redis.pool-size",
            Type.INT,
            10,
            "2 to 1000",
            "Connections of this process at most: one for each cache verticle, one for following changes.",
            "REDIS_POOL_SIZE");
    static final Key<Integer> REDIS_MIN_IDLE = key(
            "redis.min-idle",
            Type.INT,
            5,
            "0 to 1000",
            "Connections kept open when idle; at most pool-size.",
            "REDIS_MIN_IDLE_CONNS");
    static final Key<Integer> REDIS_MAX_RETRIES = key(
            "redis.max-retries",
            Type.INT,
            3,
            "0 to 100",
            "How often a failed command that may be repeated is tried again, within the request's deadline.",
            "REDIS_MAX_RETRIES");
    static final Key<Duration> REDIS_IDLE_TIMEOUT = key(
            "redis.idle-timeout", Type.DURATION, ofMinutes(5), "1s to 168h", "An idle connection is closed after it.");
    static final Key<Duration> REDIS_MAX_LIFETIME =
            key("redis.max-lifetime", Type.DURATION, ofMinutes(30), "1s to 168h", "A connection is replaced after it.");
    static final Key<Duration> REDIS_CONNECT_TIMEOUT =
            key("redis.connect-timeout", Type.DURATION, ofSeconds(5), "10ms to 1m", "Limit of opening one connection.");
    static final Key<Duration> REDIS_COMMAND_TIMEOUT = key(
            "redis.command-timeout",
            Type.DURATION,
            ofSeconds(3),
            "10ms to 1m",
            "From writing a command to reading its answer; a request's own deadline may be shorter.");
    static final Key<Integer> REDIS_MAX_PENDING = key(
            "redis.max-pending",
            Type.INT,
            10_000,
            "1 to 1000000",
            "Commands that may wait on one connection. Beyond it they fail at once, and the look-up goes on to PostgreSQL.");

    static {
        section("embedded", "The PostgreSQL and Redis that ship in the jar, for a first look and for development.");
    }

    static final Key<Path> EMBEDDED_DATA = key(
            "embedded.data",
            Type.PATH,
            Path.of("./data"),
            "folder, made if missing",
            "Keeps their data and the secrets made at first start.");
    static final Key<Boolean> EMBEDDED_DEMO_CLIENT = key(
            "embedded.demo-client",
            Type.BOOLEAN,
            true,
            "true or false",
            "Whether the first start makes a client and prints its key once.");

    static {
        section("auth", "How callers prove themselves, and whom to believe about their address.");
    }

    static final Key<Secret> AUTH_PEPPER = key(
            "auth.pepper",
            Type.SECRET,
            null,
            "secret, at least 32 characters",
            "Keys are stored as HMAC-SHA-256 under it: a stolen database is of no use without it. The same on every node; with another one"
                    + " no key is found any more. Required with your own servers; the embedded default makes one. Try: openssl rand -hex 32.");
    static final Key<List<String>> AUTH_TRUSTED_PROXIES = key(
            "auth.trusted-proxies",
            Type.TEXTS,
            List.of(),
            "list of networks, as [10.0.0.0/8, \"2001:db8::/32\", 192.0.2.1]",
            "Peers whose X-Forwarded-For is believed; they must write it themselves (Forwarded is not read). Empty: nobody's, and a caller's address is the connection's.");
    static final Key<Set<CredentialScheme>> AUTH_SCHEMES = key(
            "auth.schemes",
            Type.SCHEMES,
            Collections.unmodifiableSet(EnumSet.allOf(CredentialScheme.class)),
            "list of api-key, authorization-apikey, bearer, basic, certificate",
            "The credentials that count: X-API-Key, Authorization: ApiKey, Bearer, Basic, and the connection's certificate. Others are left"
                    + " alone, as if absent. Leave out certificate where it is a proxy's own.");

    static {
        section("cache", "How much is remembered, and for how long.");
    }

    static final Key<Duration> CACHE_TTL = key(
            "cache.ttl",
            Type.DURATION,
            ofMinutes(5),
            "1s to 24h",
            "How long a client is served from memory or Redis before PostgreSQL is asked again, though nothing said that it changed.",
            "CLIENT_REGISTRY_CACHE_TTL");
    static final Key<ByteSize> CACHE_NEAR_SIZE = key(
            "cache.near-size",
            Type.SIZE,
            ByteSize.parse("256MB"),
            "1MB to 1024GB",
            "Memory for clients in this process, of its heap (-Xmx). Records are counted by an estimate of their size.");
    static final Key<Duration> CACHE_UNKNOWN_TTL = key(
            "cache.unknown-ttl",
            Type.DURATION,
            ofSeconds(1),
            "0s to 1s",
            "How long \"no such key\" is remembered, so that a caller with a wrong key costs the database one query a second.");
    static final Key<Integer> CACHE_UNKNOWN_ENTRIES = key(
            "cache.unknown-entries",
            Type.INT,
            100_000,
            "0 to 10000000",
            "How many such keys; bounded apart, so that sprayed keys cannot push out clients.");

    static {
        section("freshness", "How long a node that cannot hear of changes goes on trusting what it has.");
    }

    static final Key<Duration> FRESHNESS_LEASE = key(
            "freshness.lease",
            Type.DURATION,
            ofSeconds(5),
            "500ms to 5m",
            "How long a node goes on deciding by what it has after it last heard of every change. A node that is cut off asks Redis and PostgreSQL from then on.");
    static final Key<Duration> FRESHNESS_GRACE = key(
            "freshness.grace",
            Type.DURATION,
            ofMinutes(1),
            "0s to 24h",
            "Where nothing can confirm, known clients are served for this long more, visibly; then 503. 0 refuses at once. A client may have its own.");
    static final Key<Duration> FRESHNESS_LOG_AGE = key(
            "freshness.log-age",
            Type.DURATION,
            ofHours(24),
            "10m to 8760h",
            "How long PostgreSQL keeps the change log. A node that was away for longer drops what it has and starts over.");
    static final Key<Integer> FRESHNESS_LOG_CHANGES = key(
            "freshness.log-changes",
            Type.INT,
            1_000_000,
            "10000 to 100000000",
            "How many changes the log keeps at most, whatever their age.");

    static {
        section(
                "deployment",
                "Which parts this process runs, and how many of each: auto is one per core, 0 is not in this process.");
        section("deployment.ingress", null);
    }

    static final Key<Instances> INGRESS_INSTANCES = key(
            "deployment.ingress.instances",
            Type.INSTANCES,
            Instances.AUTO,
            "auto, or 0 to 1024",
            "Serves the data plane. Needs cache, store and invalidation in the same process.");

    static {
        section("deployment.cache", null);
    }

    static final Key<Instances> CACHE_INSTANCES = key(
            "deployment.cache.instances",
            Type.INSTANCES,
            Instances.AUTO,
            "auto, or 0 to 1024",
            "Asks Redis for what the near cache does not have. Needs store and invalidation in the same process.");

    static {
        section("deployment.store", null);
    }

    static final Key<Instances> STORE_INSTANCES = key(
            "deployment.store.instances",
            Type.INSTANCES,
            Instances.of(1),
            "auto, or 0 to 1024",
            "Asks PostgreSQL. Statements are pipelined: one is enough for most.");

    static {
        section("deployment.invalidation", null);
    }

    static final Key<Instances> INVALIDATION_INSTANCES = key(
            "deployment.invalidation.instances",
            Type.INSTANCES,
            Instances.of(1),
            "0 or 1",
            "Follows the change log, and takes back at once what was changed. Has two connections to PostgreSQL beside the pool, for a moment each minute a third, and one of redis.pool-size.");

    static {
        section("deployment.management", null);
    }

    static final Key<Instances> MANAGEMENT_INSTANCES = key(
            "deployment.management.instances",
            Type.INSTANCES,
            Instances.of(1),
            "0 or 1",
            "Serves the management port.");

    private static final Map<String, Key<?>> BY_PATH = new LinkedHashMap<>();
    private static final Map<String, Key<?>> BY_VARIABLE = new LinkedHashMap<>();

    static {
        for (Key<?> key : ALL) {
            BY_PATH.put(key.path(), key);
            BY_VARIABLE.put(key.variable(), key);
        }
    }

    private Keys() {}

    static List<Key<?>> all() {
        return Collections.unmodifiableList(ALL);
    }

    static Map<String, Key<?>> byPath() {
        return Collections.unmodifiableMap(BY_PATH);
    }

    static Map<String, Key<?>> byVariable() {
        return Collections.unmodifiableMap(BY_VARIABLE);
    }

    /** Path of each section, with what it is for, in order; an empty text where its keys say it all. */
    static Map<String, String> sections() {
        return Collections.unmodifiableMap(SECTIONS);
    }

    private static void section(String path, @Nullable String what) {
        SECTIONS.put(path, what == null ? "" : what);
    }

    private static <T> Key<T> key(
            String path, Type<T> type, @Nullable T initial, String form, String why, String... also) {
        Key<T> key = new Key<>(path, type, initial, form, why, Arrays.asList(also));
        ALL.add(key);
        return key;
    }
}
