package io.portcullis.cache;

import io.vertx.core.Future;
import io.vertx.core.internal.ContextInternal;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the Sentinels for the master each time, and believes it only when it says itself that it is one ("Guidelines for Redis clients with
 * support for Redis Sentinel"): during a failover a Sentinel may still name the former one.
 */
final class MasterDialler implements Dialler {

    private static final Logger log = LoggerFactory.getLogger(RedisLink.class);

    private final RedisSettings settings;
    private final RedisTopology.Sentinel sentinels;
    private final RedisDialler servers;
    private final Enquiry enquiry;
    private @Nullable ServerAddress last;

    MasterDialler(ContextInternal context, RedisSettings settings, RedisTopology.Sentinel sentinels) {
        this.settings = settings;
        this.sentinels = sentinels;
        this.servers = new RedisDialler(context, settings);
        this.enquiry = new Enquiry(servers, new RedisDialler.Account(sentinels.user(), sentinels.password(), 0));
    }

    @Override
    public Future<GuardedConnection> dial(GuardedConnection.Owner owner) {
        // One part of the time for each Sentinel, one for the master.
        Duration part =
                settings.connectTimeout().dividedBy(sentinels.sentinels().size() + 1);
        Request question =
                Request.cmd(Command.SENTINEL).arg("get-master-addr-by-name").arg(sentinels.name());
        return enquiry.ask(sentinels.sentinels(), RedisOperation.MASTER, question, part, MasterDialler::address)
                .compose(master -> servers.dial(master, servers.account(), part, owner)
                        .compose(connection -> isMaster(connection, part))
                        .onSuccess(found -> tell(master)));
    }

    private void tell(ServerAddress master) {
        if (!master.equals(last)) {
            last = master;
            log.info("event=redis_master name={} server={}", sentinels.name(), master);
        }
    }

    @Override
    public String server() {
        return sentinels.toString();
    }

    private static @Nullable ServerAddress address(ServerAddress sentinel, @Nullable Response reply) {
        if (reply == null) {
            return null;
        }
        try {
            return new ServerAddress(reply.get(0).toString(), reply.get(1).toInteger());
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private static Future<GuardedConnection> isMaster(GuardedConnection connection, Duration limit) {
        return connection
                .ask(RedisOperation.ROLE, Request.cmd(Command.ROLE), System.nanoTime() + limit.toNanos())
                .compose(role -> {
                    if (role != null && "master".equals(role.get(0).toString())) {
                        return Future.succeededFuture(connection);
                    }
                    RedisFailure why = new RedisFailure.Unavailable("not the master");
                    connection.close(why);
                    return Future.failedFuture(why);
                });
    }
}
