package io.portcullis;

import io.portcullis.TestGateway.TestClient;
import io.portcullis.testing.Oracle;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A node under steady traffic, and the judges of its answers: each group of clients is asked for in a closed loop of its own, so that one
 * whose answers take long does not hide the others.
 */
final class WatchedNode implements AutoCloseable {
    private static final Duration PAUSE = Duration.ofMillis(25);
    private static final String STALE = "X-Auth-Stale";

    private final ClusterNode<?> node;
    private final Map<String, Group> groups;
    private final List<Future<?>> watching = new ArrayList<>();
    private final ScheduledExecutorService loops = Executors.newScheduledThreadPool(4);

    /**
     * Clients that the same bound holds for.
     *
     * @param judge of all answers
     * @param ofUnmarked of those that allow and do not say that they may be stale
     */
    record Group(List<TestClient> clients, Oracle judge, Oracle ofUnmarked) {

        /**
         * @param bound how long a change may go unnoticed
         * @param unmarkedBound how long a revocation may without the answer saying so
         */
        static Group of(List<TestClient> clients, Duration bound, Duration unmarkedBound) {
            return new Group(clients, new Oracle(bound, bound), new Oracle(unmarkedBound, bound));
        }

        /** Both judges are told, before the write and after it. */
        private List<Oracle.Change> beginning(String id, boolean active) {
            return active
                    ? List.of(judge.activating(id), ofUnmarked.activating(id))
                    : List.of(judge.revoking(id), ofUnmarked.revoking(id));
        }

        private boolean has(String id) {
            return clients.stream().anyMatch(client -> client.id().equals(id));
        }
    }

    /** @param groups by names of the caller's choice */
    WatchedNode(ClusterNode<?> node, Map<String, Group> groups) {
        this.node = node;
        this.groups = Map.copyOf(groups);
    }

    ClusterNode<?> node() {
        return node;
    }

    Group group(String name) {
        return Objects.requireNonNull(groups.get(name), name);
    }

    /** The judges learn of a change that is about to be written; each of the returned is to be told of its acknowledgement. */
    List<Oracle.Change> beginning(String id, boolean active) {
        return groups.values().stream()
                .filter(group -> group.has(id))
                .flatMap(group -> group.beginning(id, active).stream())
                .toList();
    }

    /** From now on until {@link #close}. */
    void watch() {
        for (Group group : groups.values()) {
            AtomicInteger next = new AtomicInteger();
            watching.add(loops.scheduleWithFixedDelay(
                    () -> ask(
                            group,
                            group.clients()
                                    .get(next.getAndIncrement()
                                            % group.clients().size())),
                    0,
                    PAUSE.toMillis(),
                    TimeUnit.MILLISECONDS));
        }
    }

    private void ask(Group group, TestClient client) {
        long sentAt = System.nanoTime();
        int status = Oracle.NO_ANSWER;
        boolean marked = false;
        try {
            HttpResponse<String> answer = node.withKey(client.key());
            status = answer.statusCode();
            marked = answer.headers().firstValue(STALE).isPresent();
        } catch (IOException e) {
            // No answer.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return;
        }
        long endedAt = System.nanoTime();
        group.judge().judge(client.id(), status, sentAt, endedAt);
        if (status == 200 && !marked) {
            group.ofUnmarked().judge(client.id(), status, sentAt, endedAt);
        }
    }

    /** Ends the traffic; returns when the last answer is judged. */
    @Override
    public void close() {
        boolean ended = watching.stream().anyMatch(Future::isDone);
        loops.shutdown();
        try {
            if (!loops.awaitTermination(NodeCalls.LIMIT.toSeconds() + 5, TimeUnit.SECONDS)) {
                loops.shutdownNow();
                throw new AssertionError("a request without an end");
            }
        } catch (InterruptedException e) {
            loops.shutdownNow();
            Thread.currentThread().interrupt();
        }
        if (ended) {
            throw new AssertionError("a loop ended by itself: what it would have asked is not judged");
        }
    }
}
