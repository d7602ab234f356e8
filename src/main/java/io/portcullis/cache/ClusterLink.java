package io.portcullis.cache;

import io.portcullis.bus.Deadline;
import io.vertx.core.Future;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.PromiseInternal;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The way of one event loop to a cluster: a {@link ServerLink} to each master that it was sent to, and the table that says which. A command
 * goes where its key's slot is; {@code MOVED} and {@code ASK} are followed, {@value #MOST_REDIRECTS} times at most. A master that does not
 * answer, or sends us elsewhere, has the table read again: see {@link SlotWatch}.
 */
final class ClusterLink extends RedisLink {

    private static final int MOST_REDIRECTS = 4;

    /** A node sends us where it wants: not to any number of others. */
    private static final int MOST_NODES = 1_000;

    private static final RedisCommand ASKING =
            new RedisCommand(RedisOperation.ASKING, Request.cmd(Command.ASKING), RedisCommand.ANYWHERE);

    private final int index;
    private final ContextInternal context;
    private final RedisSettings settings;
    private final RedisMeters meters;
    private final Backoff backoff;
    private final Runnable onClose;
    private final RedisDialler dialler;
    private final SlotWatch watch;
    /** Written on the event loop, read by any thread. */
    private final Map<ServerAddress, ServerLink> nodes = new ConcurrentHashMap<>();

    private volatile @Nullable SlotTable table;
    private int waiting;
    private volatile boolean closed;

    ClusterLink(
            int index,
            ContextInternal context,
            RedisSettings settings,
            RedisMeters meters,
            Backoff backoff,
            RedisTopology.Cluster cluster,
            Runnable onClose) {
        this.index = index;
        this.context = context;
        this.settings = settings;
        this.meters = meters;
        this.backoff = backoff;
        this.onClose = onClose;
        this.dialler = new RedisDialler(context, settings);
        this.watch =
                new SlotWatch(index, context, settings, backoff, dialler, cluster, this::connectedNodes, this::adopt);
        if (stays()) {
            watch.refresh();
        }
    }

    private boolean stays() {
        return index < settings.minIdle();
    }

    @Override
    public boolean connected() {
        return nodes.values().stream().anyMatch(ServerLink::connected);
    }

    @Override
    int down() {
        int nodesDown = nodes.values().stream().mapToInt(ServerLink::down).sum();
        return table == null && watch.failing() ? 1 : nodesDown;
    }

    @Override
    int connections(boolean busy) {
        return nodes.values().stream().mapToInt(node -> node.connections(busy)).sum();
    }

    @Override
    boolean isCluster() {
        return true;
    }

    @Override
    List<RedisLink> masters() {
        inLoop();
        SlotTable known = table;
        List<RedisLink> links = new ArrayList<>();
        if (known != null) {
            known.masters().forEach(master -> links.add(node(master)));
        } else if (!closed) {
            watch.refresh();
        }
        return links;
    }

    @Override
    public Future<Void> close() {
        PromiseInternal<Void> done = context.promise();
        context.runOnContext(v -> {
            if (closed) {
                done.complete();
                return;
            }
            closed = true;
            watch.close();
            List<Future<Void>> all =
                    nodes.values().stream().map(ServerLink::close).toList();
            nodes.clear();
            onClose.run();
            Future.join(all).<Void>mapEmpty().onComplete(done);
        });
        return done.future();
    }

    // --- sending

    @Override
    Future<@Nullable Response> send(RedisCommand command, Deadline deadline) {
        if (table == null) {
            return whenKnown(deadline).compose(known -> route(command, deadline));
        }
        return route(command, deadline);
    }

    @Override
    List<Future<@Nullable Response>> sendTogether(List<RedisCommand> commands, Deadline deadline) {
        if (table == null) {
            Future<List<Future<@Nullable Response>>> sent =
                    whenKnown(deadline).map(known -> together(commands, deadline));
            List<Future<@Nullable Response>> answers = new ArrayList<>();
            for (int i = 0; i < commands.size(); i++) {
                int place = i;
                answers.add(sent.compose(all -> all.get(place)));
            }
            return answers;
        }
        return together(commands, deadline);
    }

    /** As a link to one server has it: what is asked first may wait a little for the table. */
    private Future<SlotTable> whenKnown(Deadline deadline) {
        inLoop();
        if (closed) {
            return Future.failedFuture(new RedisFailure.Unavailable("link closed"));
        }
        if (watch.failing()) {
            return Future.failedFuture(new RedisFailure.Unavailable("not connected"));
        }
        if (waiting >= settings.maxPending()) {
            return Future.failedFuture(new RedisFailure.Overloaded());
        }
        waiting++;
        long hold = Math.min(LinkDialling.HOLD_MILLIS, deadline.remainingMillis());
        ContextInternal caller = ContextInternal.current();
        PromiseInternal<SlotTable> known = (caller == null ? context : caller).promise();
        watch.refresh().onComplete(known);
        return known.future()
                .timeout(Math.max(1, hold), TimeUnit.MILLISECONDS)
                .onComplete(done -> waiting--)
                .recover(failure -> Future.failedFuture(
                        failure instanceof RedisFailure ? failure : new RedisFailure.Unavailable("still connecting")));
    }

    private Future<@Nullable Response> route(RedisCommand command, Deadline deadline) {
        ServerAddress master = responsible(command);
        return master == null
                ? Future.failedFuture(nowhere())
                : node(master).send(command, deadline).recover(failure -> again(command, deadline, master, failure, 1));
    }

    /** Follows a redirect, if that is what the failure is. What was redirected did not take place: a write may follow, too. */
    private Future<@Nullable Response> again(
            RedisCommand command, Deadline deadline, ServerAddress from, Throwable failure, int hop) {
        ServerAddress to = learn(from, failure);
        if (to == null || closed || hop > MOST_REDIRECTS || (nodes.size() >= MOST_NODES && !nodes.containsKey(to))) {
            return Future.failedFuture(failure);
        }
        boolean ask = failure instanceof RedisFailure.Refused refused
                && refused.redirect() != null
                && refused.redirect().ask();
        Future<@Nullable Response> answer = ask
                ? node(to).sendTogether(List.of(ASKING, command), deadline).get(1)
                : node(to).send(command, deadline);
        return answer.recover(next -> again(command, deadline, to, next, hop + 1));
    }

    private List<Future<@Nullable Response>> together(List<RedisCommand> commands, Deadline deadline) {
        ServerAddress master = responsible(commands.get(0));
        if (master == null) {
            return commands.stream()
                    .map(command -> Future.<@Nullable Response>failedFuture(nowhere()))
                    .toList();
        }
        List<Future<@Nullable Response>> answers = node(master).sendTogether(commands, deadline);
        answers.forEach(answer -> answer.onFailure(failure -> learn(master, failure)));
        return answers;
    }

    private @Nullable ServerAddress responsible(RedisCommand command) {
        inLoop();
        SlotTable known = table;
        if (known == null || closed) {
            return null;
        }
        return command.isForAnybody() ? known.masters().iterator().next() : known.master(Slots.of(command.key()));
    }

    private RedisFailure nowhere() {
        if (!closed) {
            watch.refresh();
        }
        return new RedisFailure.Unavailable(closed ? "link closed" : "slot without a master");
    }

    // --- learning

    /** What a failure says about who has what; the target where it is a redirect. */
    private @Nullable ServerAddress learn(ServerAddress from, Throwable failure) {
        if (closed || failure instanceof RedisFailure.Overloaded) {
            return null;
        }
        if (!(failure instanceof RedisFailure.Refused refused)) {
            watch.refresh();
            return null;
        }
        Redirect redirect = refused.redirect();
        if (redirect == null) {
            if (refused.code().equals("CLUSTERDOWN") || refused.code().equals("READONLY")) {
                watch.refresh();
            }
            return null;
        }
        ServerAddress to = redirect.target(from);
        SlotTable known = table;
        if (!redirect.ask() && known != null) {
            known.moved(redirect.slot(), to);
            watch.refresh();
        }
        return to;
    }

    private void adopt(SlotTable fresh) {
        if (closed) {
            return;
        }
        table = fresh;
        Set<ServerAddress> masters = fresh.masters();
        if (stays()) {
            masters.forEach(this::node);
        }
        // Who is no master any more: what waits there is answered first, and it goes with the next table.
        nodes.forEach((address, node) -> {
            if (!masters.contains(address) && (node.pending() == 0 || !node.connected())) {
                nodes.remove(address);
                node.close();
            }
        });
    }

    private List<ServerAddress> connectedNodes() {
        return nodes.entrySet().stream()
                .filter(entry -> entry.getValue().connected())
                .map(Map.Entry::getKey)
                .toList();
    }

    private ServerLink node(ServerAddress address) {
        return nodes.computeIfAbsent(
                address,
                missing -> new ServerLink(
                        index, context, settings, meters, backoff, dialler.to(missing), stays(), () -> {}));
    }

    private void inLoop() {
        if (!context.nettyEventLoop().inEventLoop()) {
            throw new IllegalStateException("Redis link " + index + " is used outside its event loop");
        }
    }
}
