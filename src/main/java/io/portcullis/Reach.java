package io.portcullis;

import io.portcullis.auth.Pepper;
import io.portcullis.auth.Peppers;
import io.portcullis.config.AuthConfig;
import io.portcullis.config.GatewayConfig;
import io.portcullis.config.PostgresUrl;
import io.portcullis.config.RedisUrl;
import io.portcullis.config.Secret;
import io.portcullis.embedded.EmbeddedServers;
import io.portcullis.embedded.Secrets;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * How to reach what this process talks to, and the secrets of the installation: configured, or made once beside the embedded servers.
 *
 * @param direct the way to PostgreSQL that keeps a session, for migrations
 * @param token of the management port
 */
record Reach(PostgresUrl postgres, PostgresUrl direct, RedisUrl redis, Peppers peppers, Secret token) {

    static Reach of(GatewayConfig config, @Nullable EmbeddedServers servers) throws IOException {
        if (servers == null) {
            return new Reach(
                    require(config.postgres().url()),
                    require(config.postgres().listen()),
                    require(config.redis().target()),
                    peppers(
                            config.auth(),
                            new Pepper(require(config.auth().pepper()).reveal())),
                    require(config.management().token()));
        }
        Path secrets = EmbeddedServers.secretsFolder(config.embedded().data());
        var pepper = config.auth().pepper();
        var token = config.management().token();
        PostgresUrl postgres = PostgresUrl.parse(servers.postgresUrl());
        return new Reach(
                postgres,
                postgres,
                RedisUrl.parse(servers.redisUrl()),
                peppers(
                        config.auth(),
                        new Pepper(
                                pepper != null
                                        ? pepper.reveal()
                                        : Secrets.readOrCreate(secrets.resolve("pepper"), Secrets::random))),
                token != null
                        ? token
                        : new Secret(Secrets.readOrCreate(secrets.resolve("management-token"), Secrets::random)));
    }

    /** The current one. */
    Pepper pepper() {
        return peppers.current();
    }

    /** The current pepper, and those that the configuration names beside it. */
    static Peppers peppers(AuthConfig config, Pepper current) {
        Secret next = config.nextPepper();
        return new Peppers(
                current,
                config.formerPeppers().stream()
                        .map(former -> new Pepper(former.reveal()))
                        .toList(),
                next == null ? null : new Pepper(next.reveal()));
    }

    /** The records of the configuration have checked it. */
    private static <T> T require(@Nullable T value) {
        if (value == null) {
            throw new IllegalStateException("a checked configuration has this");
        }
        return value;
    }
}
