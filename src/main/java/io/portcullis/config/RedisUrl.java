package io.portcullis.config;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * How Redis is reached. One server: {@code redis://user:password@host:6379/0}. The master that Sentinels name:
 * {@code redis+sentinel://user:password@host:26379,host/0?master=name}. A cluster: {@code redis+cluster://host:6379,host}.
 * {@code rediss} in place of {@code redis} for TLS. Parts are percent-decoded.
 *
 * @param nodes the server, the Sentinels, or some of the cluster's nodes: at least one
 * @param master its name among the Sentinels; {@code null} where there are none
 * @param user {@code null} for the default user
 */
public record RedisUrl(
        Mode mode,
        List<Node> nodes,
        @Nullable String master,
        @Nullable String user,
        @Nullable Secret password,
        int db,
        boolean tls) {

    /** What the nodes are. */
    public enum Mode {
        STANDALONE("", 6379),
        SENTINEL("+sentinel", 26_379),
        CLUSTER("+cluster", 6379);

        private final String suffix;
        private final int defaultPort;

        Mode(String suffix, int defaultPort) {
            this.suffix = suffix;
            this.defaultPort = defaultPort;
        }

        private static Mode of(String scheme) {
            return scheme.endsWith(SENTINEL.suffix) ? SENTINEL : scheme.endsWith(CLUSTER.suffix) ? CLUSTER : STANDALONE;
        }
    }

    /** Where a server listens. */
    public record Node(String host, int port) {
        public Node {
            UrlParts.require(Hosts.isHost(host), "has a malformed host");
            UrlParts.require(port >= 1 && port <= 65_535, "has a port that is not between 1 and 65535");
        }

        @Override
        public String toString() {
            return Hosts.inUrl(host) + ":" + port;
        }
    }

    public static final int DEFAULT_PORT = Mode.STANDALONE.defaultPort;
    private static final int MOST_NODES = 100;

    public RedisUrl {
        nodes = List.copyOf(nodes);
        UrlParts.require(nodes.size() <= MOST_NODES, "names more than " + MOST_NODES + " hosts");
        UrlParts.require(Set.copyOf(nodes).size() == nodes.size(), "names a host twice");
        UrlParts.require(
                mode != Mode.STANDALONE || nodes.size() == 1,
                "names more than one host; redis+sentinel:// and redis+cluster:// take several");
        UrlParts.require(
                (mode == Mode.SENTINEL) == (master != null && !master.isEmpty()),
                mode == Mode.SENTINEL ? "must end in the master's name, as in ?master=mymaster" : "has a master");
        UrlParts.require(db >= 0, "has a negative database");
        UrlParts.require(mode != Mode.CLUSTER || db == 0, "has a database; a cluster has none but 0");
        UrlParts.require(user == null || password != null, "has a user but no password");
    }

    /** One server. */
    public RedisUrl(String host, int port, @Nullable String user, @Nullable Secret password, int db, boolean tls) {
        this(Mode.STANDALONE, List.of(new Node(host, port)), null, user, password, db, tls);
    }

    /**
     * Reads a URL.
     *
     * @throws IllegalArgumentException saying what is wrong, without quoting anything that may be a secret
     */
    public static RedisUrl parse(String text) {
        UrlParts url = UrlParts.parseMany(
                text, "redis", "rediss", "redis+sentinel", "rediss+sentinel", "redis+cluster", "rediss+cluster");
        Mode mode = Mode.of(url.scheme());
        if (mode == Mode.SENTINEL) {
            UrlParts.require(Set.of("master").containsAll(url.query().keySet()), "takes no parameter but ?master=name");
        } else {
            UrlParts.require(url.query().isEmpty(), "takes no parameters");
        }
        UrlParts.require(url.path().matches("[0-9]{0,5}"), "must end in the number of a database, as in /0");
        int db = url.path().isEmpty() ? 0 : Integer.parseInt(url.path());
        List<Node> nodes = url.hosts().stream()
                .map(host -> new Node(host.host(), host.portOr(mode.defaultPort)))
                .toList();
        boolean tls = url.scheme().startsWith("rediss");
        return new RedisUrl(mode, nodes, url.query().get("master"), url.user(), url.password(), db, tls);
    }

    /** The same servers, by another password or database where one is given. */
    RedisUrl with(@Nullable Secret otherPassword, @Nullable Integer otherDb) {
        return new RedisUrl(
                mode,
                nodes,
                master,
                user,
                otherPassword == null ? password : otherPassword,
                otherDb == null ? db : otherDb,
                tls);
    }

    /** The URL with its password masked. */
    @Override
    public String toString() {
        String credentials =
                password == null ? "" : (user == null ? "" : UrlParts.encode(user)) + ":" + Secret.MASK + "@";
        return (tls ? "rediss" : "redis") + mode.suffix + "://" + credentials
                + nodes.stream().map(Node::toString).collect(Collectors.joining(","))
                + (mode == Mode.CLUSTER ? "" : "/" + db)
                + (master == null ? "" : "?master=" + UrlParts.encode(master));
    }
}
