package io.portcullis;

import io.portcullis.testing.TcpProxy;
import java.net.URI;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/**
 * One node's ways to PostgreSQL and to Redis, its alone: what happens on them happens to no other node.
 *
 * @param postgres for everything it says to PostgreSQL, LISTEN included
 * @param environment that leads a gateway through them
 */
record NodeWays(TcpProxy postgres, TcpProxy redis, Map<String, String> environment) implements AutoCloseable {

    /** @param direct the environment of a gateway without them; it stays as it is */
    static NodeWays open(Map<String, String> direct) throws Exception {
        URI postgresUrl = url(direct, "PORTCULLIS_POSTGRES_URL");
        URI redisUrl = url(direct, "PORTCULLIS_REDIS_URL");
        TcpProxy postgres = TcpProxy.to(postgresUrl.getHost(), postgresUrl.getPort());
        TcpProxy redis;
        try {
            redis = TcpProxy.to(redisUrl.getHost(), redisUrl.getPort());
        } catch (Exception e) {
            postgres.close();
            throw e;
        }
        Map<String, String> environment = new HashMap<>(direct);
        environment.put("PORTCULLIS_POSTGRES_URL", through(postgres, postgresUrl));
        environment.put("PORTCULLIS_POSTGRES_LISTEN_URL", through(postgres, postgresUrl));
        environment.put("PORTCULLIS_REDIS_URL", through(redis, redisUrl));
        return new NodeWays(postgres, redis, environment);
    }

    void heal() {
        postgres.heal();
        redis.heal();
    }

    @Override
    public void close() {
        postgres.close();
        redis.close();
    }

    private static URI url(Map<String, String> environment, String name) {
        return URI.create(Objects.requireNonNull(environment.get(name), name));
    }

    private static String through(TcpProxy way, URI url) {
        return url.toString()
                .replace("@" + url.getHost() + ":" + url.getPort() + "/", "@127.0.0.1:" + way.port() + "/");
    }
}
