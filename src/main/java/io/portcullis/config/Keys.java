package io.portcullis.config;

import static java.time.Duration.ofHours;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;

import io.portcullis.auth.CertificateIdentity;
import io.portcullis.auth.CredentialScheme;
import io.portcullis.auth.ForwardedHeader;
import io.portcullis.ratelimit.LimitMode;
import io.portcullis.ratelimit.LimitPolicy;
import io.portcullis.ratelimit.RedisAway;
import io.portcullis.ratelimit.Rule;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalTime;
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
            "Beside the port, for a proxy on this machine: plain HTTP/1.1, fewer copies. Peers have no address: clients with address rules are refused, unless auth.trusted-proxies names unix. Linux only.");
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

    static final Key<Boolean> MANAGEMENT_INSECURE = key(
            "management.insecure",
            Type.BOOLEAN,
            false,
            "true or false",
            "Whether the port may be plain HTTP beyond this machine: where a network is trusted, or something in front speaks TLS.");

    static {
        section("management.tls", "TLS of this port, needed beyond loopback. The files are read at the start.");
    }

    static final Key<Path> MANAGEMENT_TLS_CERTIFICATE = key(
            "management.tls.certificate",
            Type.PATH,
            null,
            "PEM file",
            "The port's certificate, and behind it those that lead to its root.");
    static final Key<Path> MANAGEMENT_TLS_KEY = key(
            "management.tls.key",
            Type.PATH,
            null,
            "PEM file",
            "Its private key, PKCS#8, not encrypted. Set both files, or neither.");

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
    static final Key<Duration> POSTGRES_SLOW_QUERY = key(
            "postgres.slow-query",
            Type.DURATION,
            ofMillis(100),
            "0s to 1m",
            "A query that takes longer is counted and logged, by what it was for and without values. 0 is off.");

    static final Key<Integer> POSTGRES_CONCURRENCY_MIN = key(
            "postgres.concurrency-min",
            Type.INT,
            20,
            "1 to 100000",
            "Look-ups under way at once that are always tried. How many more may be follows from how long they take.");
    static final Key<Integer> POSTGRES_CONCURRENCY_MAX = key(
            "postgres.concurrency-max",
            Type.INT,
            500,
            "1 to 100000",
            "The most that may ever be under way. Beyond what PostgreSQL can do a look-up is refused at once: 503, code 65015.");

    static {
        section(
                "redis",
                "The cache that all nodes share. It may be lost at any time: nothing but speed depends on it.");
    }

    static final Key<RedisUrl> REDIS_URL = key(
            "redis.url",
            Type.REDIS_URL,
            null,
            "redis://user:password@host:6379/0, rediss for TLS",
            "Your Redis; postgres.url must be set with it. By Sentinel: redis+sentinel://user:password@host:26379,host/0?master=name;"
                    + " a cluster: redis+cluster://user:password@host:6379,host (some of its nodes). Also from the environment: one of REDIS_URL, REDIS_ADDR (host:port)"
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
    static final Key<String> REDIS_SENTINEL_USER = key(
            "redis.sentinel-user",
            Type.TEXT,
            null,
            "name",
            "Who we are to the Sentinels, where redis.sentinel-password needs a name with it.");
    static final Key<Secret> REDIS_SENTINEL_PASSWORD = key(
            "redis.sentinel-password",
            Type.SECRET,
            null,
            "secret",
            "The Sentinels' own. Without it they are given user and password of the server itself.");
    static final Key<String> REDIS_PREFIX = key(
            "redis.prefix",
            Type.TEXT,
            "",
            "at most 64 letters, digits or any of : . _ / -",
            "Put before every key, where several systems share one Redis. The same on every node.",
            "REDIS_PREFIX");
    static final Key<Duration> REDIS_TTL = key(
            "redis.ttl",
            Type.DURATION,
            ofHours(1),
            "1s to 720h",
            "How long an entry of the general cache operations stays that does not say so itself. Clients and keys: cache.ttl.",
            "REDIS_TTL");
    static final Key<Boolean> REDIS_TLS_VERIFY = key(
            "redis.tls-verify",
            Type.BOOLEAN,
            true,
            "true or false",
            "Whether a rediss:// server must prove its name. false lets anyone in between read and answer.");
    static final Key<Path> REDIS_TLS_CA = key(
            "redis.tls-ca",
            Type.PATH,
            null,
            "PEM file",
            "Who vouches for a rediss:// server, in place of the authorities that the JVM trusts.");
    static final Key<Integer> REDIS_POOL_SIZE = key(
            "redis.pool-size",
            Type.INT,
            10,
            "2 to 1000",
            "Connections of this process at most: one for each cache verticle, one for following changes. In a cluster, to each master.",
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
    static final Key<Duration> REDIS_SLOW_COMMAND = key(
            "redis.slow-command",
            Type.DURATION,
            ofMillis(50),
            "0s to 1m",
            "A command that takes longer is counted and logged, by its name and without keys and values. 0 is off.");

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
    static final Key<List<Secret>> AUTH_FORMER_PEPPERS = key(
            "auth.former-peppers",
            Type.SECRETS,
            List.of(),
            "list of up to three secrets, each at least 32 characters; in the environment without commas in them",
            "Keys made under them still count, and are moved to auth.pepper when they are used. Each costs an unknown key one more look-up. See \"Changing the pepper\" in the README.");
    static final Key<Secret> AUTH_NEXT_PEPPER = key(
            "auth.next-pepper",
            Type.SECRET,
            null,
            "secret, at least 32 characters",
            "Keys under it count, and stay as they are: set it on every node before the first one has it for its auth.pepper.");
    static final Key<List<String>> AUTH_TRUSTED_PROXIES = key(
            "auth.trusted-proxies",
            Type.TEXTS,
            List.of(),
            "list of networks, as [10.0.0.0/8, \"2001:db8::/32\", 192.0.2.1], and unix for the Unix socket",
            "Proxies that are believed when they say for whom and for what they ask; they must write those headers themselves. Empty: nobody is, and a caller's address is the connection's.");
    static final Key<ForwardedHeader> AUTH_FORWARDED_HEADER = key(
            "auth.forwarded-header",
            Type.FORWARDED_HEADER,
            ForwardedHeader.X_FORWARDED_FOR,
            "x-forwarded-for or forwarded",
            "Where trusted proxies name the caller: X-Forwarded-For, or Forwarded (RFC 7239). Only the one is read, as a proxy that writes the one passes on what the caller wrote into the other.");
    static final Key<Duration> AUTH_PROXY_CACHE = key(
            "auth.proxy-cache",
            Type.DURATION,
            Duration.ZERO,
            "0s or 1s",
            "How long nginx may let a caller in again without asking (see conf/nginx). A revocation takes that much longer to be felt behind it.");
    static final Key<Set<CredentialScheme>> AUTH_SCHEMES = key(
            "auth.schemes",
            Type.SCHEMES,
            Collections.unmodifiableSet(EnumSet.allOf(CredentialScheme.class)),
            "list of api-key, authorization-apikey, bearer, basic, client-id, certificate",
            "The credentials that count: X-API-Key, Authorization: ApiKey, Bearer, Basic, X-Client-Id with X-API-Key, and the connection's certificate."
                    + " Others are left alone, as if absent. Leave out certificate where it is a proxy's own.");

    static final Key<OwnerChecking> AUTH_OWNER_CHECK = key(
            "auth.owner-check",
            Type.OWNER_CHECKING,
            OwnerChecking.OFF,
            "off, cached or strict",
            "Whether a client is let in only while its owner_user_id is an active user. cached: as was last said, for cache.user-ttl, and for freshness.grace"
                    + " while the User Service is away; strict: as it says itself, not longer than freshness.lease ago; beyond it 503.");

    static {
        section(
                "auth.slow-hash",
                "For clients whose client_secret_hash is bcrypt or argon2id: each secret is checked once, then known.");
    }

    static final Key<Integer> SLOW_HASH_THREADS = key(
            "auth.slow-hash.threads",
            Type.INT,
            2,
            "1 to 64",
            "Checks at once, each on a thread of its own that is busy all the time. Fewer than cores, or requests that need no check get slow.");
    static final Key<Integer> SLOW_HASH_WAITING = key(
            "auth.slow-hash.waiting",
            Type.INT,
            50,
            "1 to 10000",
            "Checks that wait for a thread. Beyond it 503 (65015) at once. More than can be done within server.request-timeout are of no use.");
    static final Key<ByteSize> SLOW_HASH_MEMORY = key(
            "auth.slow-hash.memory",
            Type.SIZE,
            ByteSize.parse("256MB"),
            "8MB to 16GB",
            "Heap (-Xmx) that argon2id checks take at most, all at once. A hash that needs more by itself is never checked, its secret refused.");

    static {
        section("cache", "How much is remembered, and for how long.");
    }

    static final Key<Boolean> CACHE_ENABLED = key(
            "cache.enabled",
            Type.BOOLEAN,
            true,
            "true or false",
            "Whether Redis holds clients and keys. false: what memory does not have is asked of PostgreSQL.",
            "CACHE_ENABLED");
    static final Key<Duration> CACHE_TTL = key(
            "cache.ttl",
            Type.DURATION,
            ofMinutes(5),
            "1s to 24h",
            "How long a client is served from memory or Redis before PostgreSQL is asked again, though nothing said that it changed.",
            "CACHE_SELLER_TTL",
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
    static final Key<ByteSize> CACHE_COMPRESS_ABOVE = key(
            "cache.compress-above",
            Type.SIZE,
            ByteSize.parse("1KB"),
            "0 to 1MB",
            "Records that are larger are compressed for Redis. 0: none is. Nodes of any setting read each other.");

    static final Key<Duration> CACHE_USER_TTL = key(
            "cache.user-ttl",
            Type.DURATION,
            ofMinutes(5),
            "1s to 24h",
            "How long what the User Service said of a user is used again, from memory or Redis; that there is none, or that he is inactive, for 30s at most.",
            "CACHE_USER_TTL");

    static final Key<Integer> CACHE_WARM = key(
            "cache.warm",
            Type.INT,
            0,
            "0 to 1000000",
            "Keys that are read before the start is over, those used last first, then the newest; so that their first requests need not wait. 0 reads none.");
    static final Key<Duration> CACHE_WARM_LIMIT = key(
            "cache.warm-limit",
            Type.DURATION,
            ofSeconds(5),
            "100ms to 5m",
            "The start waits no longer for that, and goes on with what has been read by then.");

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
        section("admin-service", "The system that clients are administered in, where there is one.");
    }

    static final Key<String> ADMIN_SERVICE_URL = key(
            "admin-service.url",
            Type.TEXT,
            null,
            "URL, as http://admin.internal:8090/api/v1",
            "Where its /clients and /health are. Without it there is no sync.",
            "ADMIN_SERVICE_URL");
    static final Key<Secret> ADMIN_SERVICE_TOKEN = key(
            "admin-service.token",
            Type.SECRET,
            null,
            "secret",
            "What the gateway presents to it (Authorization: Bearer).",
            "ADMIN_SERVICE_TOKEN");
    static final Key<Duration> ADMIN_SERVICE_TIMEOUT = key(
            "admin-service.timeout", Type.DURATION, ofSeconds(10), "10ms to 5m", "Of one call; then it is cancelled.");
    static final Key<Integer> ADMIN_SERVICE_CONNECTIONS =
            key("admin-service.connections", Type.INT, 4, "1 to 1000", "To it at most.");

    static {
        section("user-service", "The system that knows the users who own clients, where there is one.");
    }

    static final Key<String> USER_SERVICE_URL = key(
            "user-service.url",
            Type.TEXT,
            null,
            "URL, as http://localhost:3003/api/v1",
            "Where its /users/{id} and /health are. Without it any user may own a client.",
            "USER_SERVICE_URL");
    static final Key<Secret> USER_SERVICE_TOKEN = key(
            "user-service.token",
            Type.SECRET,
            null,
            "secret",
            "What the gateway presents to it (Authorization: Bearer).",
            "USER_SERVICE_TOKEN");
    static final Key<Duration> USER_SERVICE_TIMEOUT = key(
            "user-service.timeout",
            Type.DURATION,
            ofSeconds(5),
            "10ms to 5m",
            "Of one call; then it is cancelled. A bare number in USER_SERVICE_TIMEOUT is milliseconds.",
            "USER_SERVICE_TIMEOUT");
    static final Key<Integer> USER_SERVICE_CONNECTIONS =
            key("user-service.connections", Type.INT, 8, "1 to 1000", "To it at most.");

    static {
        section(
                "breaker",
                "When a service that is asked over HTTP is left alone for a while. Each has a breaker of its own.");
    }

    static final Key<Duration> BREAKER_WINDOW =
            key("breaker.window", Type.DURATION, ofSeconds(30), "1s to 10m", "The calls of so long count.");
    static final Key<Integer> BREAKER_MINIMUM_CALLS = key(
            "breaker.minimum-calls",
            Type.INT,
            10,
            "1 to 1000000",
            "With fewer calls in the window nothing is concluded.");
    static final Key<Double> BREAKER_FAILURE_RATIO = key(
            "breaker.failure-ratio",
            Type.RATIO,
            0.5,
            "above 0, to 1",
            "From this part of failed calls on, the service is left alone. An answer such as 404 is no failure.");
    static final Key<Duration> BREAKER_OPEN_FOR = key(
            "breaker.open-for",
            Type.DURATION,
            ofSeconds(5),
            "100ms to 10m",
            "Then one call is tried: whether it succeeds decides for all.");

    static {
        section(
                "admin-events",
                "What the Admin Service tells of clients while it happens, on a stream of the same Redis; see deployment.admin-events.");
    }

    static final Key<String> ADMIN_EVENTS_STREAM = key(
            "admin-events.stream",
            Type.TEXT,
            "stream:admin.client.events",
            "at most 200 visible characters",
            "The stream's whole name: redis.prefix is not put before it. Dead letters go to the same with :dlq behind it.");
    static final Key<String> ADMIN_EVENTS_GROUP = key(
            "admin-events.group",
            Type.TEXT,
            "portcullis",
            "at most 200 visible characters",
            "The consumer group of all nodes: each event is applied by one of them.");
    static final Key<Integer> ADMIN_EVENTS_BATCH = key(
            "admin-events.batch", Type.INT, 500, "1 to 1000", "Events that are applied in one transaction at most.");
    static final Key<Duration> ADMIN_EVENTS_CLAIM_AFTER = key(
            "admin-events.claim-after",
            Type.DURATION,
            ofSeconds(15),
            "100ms to 1h",
            "An event that somebody took and has not settled for so long is tried again, by whichever node comes first.");
    static final Key<Integer> ADMIN_EVENTS_TRIES = key(
            "admin-events.tries",
            Type.INT,
            5,
            "1 to 100",
            "So often an event is tried that cannot be applied; then it goes to the dead letters. PostgreSQL away is no try.");

    static {
        section("sync", "Comparing all clients with the Admin Service, and repairing what differs.");
    }

    static final Key<LocalTime> SYNC_AT = key(
            "sync.at",
            Type.TIME,
            LocalTime.of(2, 30),
            "time of day in UTC, as 02:30",
            "Each day then; one node does it. Also by hand: sync run.");
    static final Key<Integer> SYNC_PAGE_SIZE = key(
            "sync.page-size",
            Type.INT,
            1000,
            "1 to 10000",
            "Clients that are asked for, compared and repaired at a time: what it holds in memory, twice.");
    static final Key<Boolean> SYNC_FIRST_START = key(
            "sync.first-start",
            Type.BOOLEAN,
            false,
            "true or false",
            "Whether a gateway that starts and finds no client at all fetches them from the Admin Service. It serves meanwhile.");

    static {
        section(
                "limits",
                "How often who may call. A client's own rate_limit is a limit by itself; these are for all, or for clients that name one in metadata.limit_policy.");
    }

    static final Key<List<LimitPolicy>> LIMITS_POLICIES = key(
            "limits.policies",
            Type.LIMIT_POLICIES,
            List.of(),
            "lines as: per-address by=ip rate=100/s burst=200",
            "NAME by=ip|client|key|tenant (several with +), then limit=N window=TIME, or rate=N/s burst=N; then, where wanted, mode=leased|exact|local, away=local|closed, shadow=true (counts, refuses nobody), only=named (for clients that name it). All that are for a request are charged, or none.");
    static final Key<Duration> LIMITS_WINDOW = key(
            "limits.window",
            Type.DURATION,
            ofMinutes(1),
            "100ms to 24h",
            "Of a client's own rate_limit: so many requests in any such span.");
    static final Key<LimitMode> LIMITS_MODE = key(
            "limits.mode",
            Type.LIMIT_MODE,
            LimitMode.LEASED,
            "leased, exact or local",
            "Of that: leased costs no hop and never admits too much; exact asks Redis for each request; local is each node's own.");
    static final Key<RedisAway> LIMITS_AWAY = key(
            "limits.away",
            Type.REDIS_AWAY,
            RedisAway.LOCAL,
            "local or closed",
            "Of that, while Redis is away: local is each node's share, closed is 503.");
    static final Key<Duration> LIMITS_LEASE = key(
            "limits.lease",
            Type.DURATION,
            ofSeconds(30),
            "20ms to 1m",
            "How long a node has what it has taken from Redis, at most; a fortieth of the window where that is less. A node that dies costs what it has.");
    static final Key<Integer> LIMITS_MOST_KEYS = key(
            "limits.most-keys",
            Type.INT,
            1_000_000,
            "1000 to 100000000",
            "Addresses, clients … of one policy that are held in memory, some 500 bytes each; the ones that are asked for least go.");
    static final Key<LimitFields> LIMITS_FIELDS = key(
            "limits.fields",
            Type.LIMIT_FIELDS,
            LimitFields.IETF,
            "ietf, both or none",
            "Headers of answers: RateLimit and RateLimit-Policy (IETF draft); both has X-RateLimit-Limit, -Remaining, -Reset, too.");
    static final Key<Rule> LIMITS_FAILURES = key(
            "limits.failures",
            Type.LIMIT_RULE,
            null,
            "as: rate=10/s burst=100",
            "Failed authentications of one address on this node; beyond it is looked up nothing more (429). Set it where the address is the caller's own: see auth.trusted-proxies.");

    static {
        section("usage", "When keys were used last and how often, and the traffic of each minute: written behind.");
    }

    static final Key<Duration> USAGE_FLUSH_EVERY = key(
            "usage.flush-every",
            Type.DURATION,
            ofSeconds(1),
            "100ms to 1m",
            "How often uses are written to PostgreSQL, and the traffic each ten times. A kill -9 loses what was counted since then; a stop nothing.");
    static final Key<Integer> USAGE_MOST_KEYS = key(
            "usage.most-keys",
            Type.INT,
            100_000,
            "100 to 10000000",
            "Different keys whose uses wait in memory, some 200 bytes each, while PostgreSQL is away. Uses of others are dropped, and counted.");

    static {
        section(
                "tracing",
                "Spans of requests and of what they ask of PostgreSQL and Redis, for an OpenTelemetry collector.");
    }

    static final Key<String> TRACING_ENDPOINT = key(
            "tracing.endpoint",
            Type.TEXT,
            null,
            "URL of a collector, as http://127.0.0.1:4318/v1/traces",
            "Where spans are sent (OTLP over HTTP). Without it there are none, and a request costs nothing for it.");
    static final Key<Double> TRACING_SAMPLE_RATIO = key(
            "tracing.sample-ratio",
            Type.RATIO,
            0.01,
            "0 to 1",
            "Which part of the requests, where whoever calls has not decided it (traceparent): a proxy in front, or a caller who reaches the gateway himself. A traced request costs about as much again.");
    static final Key<String> TRACING_SERVICE_NAME = key(
            "tracing.service-name",
            Type.TEXT,
            "portcullis",
            "at most 64 letters, digits or any of . _ -",
            "What the collector calls this service.");

    static {
        section(
                "deployment",
                "Which parts this process runs, and how many of each: auto is one per core, 0 is not in this process.");
    }

    static final Key<Duration> LOOP_WARNING = key(
            "deployment.loop-warning",
            Type.DURATION,
            ofSeconds(2),
            "10ms to 1m",
            "An event loop that is held for longer is logged, with what held it: nobody else is served meanwhile.");

    static {
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

    static {
        section("deployment.admin-events", null);
    }

    static final Key<Instances> ADMIN_EVENTS_INSTANCES = key(
            "deployment.admin-events.instances",
            Type.INSTANCES,
            Instances.NONE,
            "0 or 1",
            "Applies the Admin Service's events. 0 unless you ask for it: with 1, whoever may write to that stream can make clients and let them in. Has two of redis.pool-size.");

    static {
        section("deployment.sync", null);
    }

    static final Key<Instances> SYNC_INSTANCES = key(
            "deployment.sync.instances",
            Type.INSTANCES,
            Instances.of(1),
            "0 or 1",
            "Takes part in the daily sync, where admin-service.url is set. Has one of redis.pool-size then.");

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
