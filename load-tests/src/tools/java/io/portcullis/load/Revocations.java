package io.portcullis.load;

import io.portcullis.Main;
import io.portcullis.load.Bench.Node;
import io.portcullis.load.Watch.Seen;
import io.portcullis.load.Watch.Write;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.Writer;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import picocli.CommandLine;

/**
 * Revokes clients at fixed times, by plain SQL and by the command line in turn, and watches every node meanwhile. The commands are run in
 * this process: a JVM for each would take all of a small machine.
 */
final class Revocations implements AutoCloseable {

    private static final int COMMANDS_AT_ONCE = 6;
    private static final int WATCHES_PER_NODE = 24;

    private final List<Node> nodes;
    private final Registry registry;
    private final Path data;
    private final List<By> writers;
    private final EventStream events;
    private final ExecutorService statements = Executors.newSingleThreadExecutor();
    private final ExecutorService commands = Executors.newFixedThreadPool(COMMANDS_AT_ONCE);
    private final ThreadLocal<Program> programs = ThreadLocal.withInitial(Program::make);
    private final ExecutorService watches;
    private final AtomicInteger watching = new AtomicInteger();
    private final List<BlockingQueue<KeepAlive>> connections = new ArrayList<>();

    /**
     * @param data folder of the gateway that the commands are for
     * @param writers take turns
     */
    Revocations(List<Node> nodes, Registry registry, Path data, List<By> writers) throws IOException {
        this.writers = writers;
        this.events = EventStream.open(Seed.redisOf(data));
        this.nodes = nodes;
        this.registry = registry;
        this.data = data;
        this.watches = Executors.newFixedThreadPool(nodes.size() * WATCHES_PER_NODE);
        for (Node node : nodes) {
            BlockingQueue<KeepAlive> toNode = new ArrayBlockingQueue<>(WATCHES_PER_NODE);
            connections.add(toNode);
            for (int i = 0; i < WATCHES_PER_NODE; i++) {
                toNode.add(new KeepAlive(node.address()));
            }
        }
    }

    /** Who wrote it. */
    enum By {
        SQL,
        CLI,
        /** An event of the Admin Service. */
        EVENT
    }

    /** A client to be revoked, by one of its keys. */
    record Victim(String clientId, String key) {}

    /**
     * One revocation and what came of it. Times in microseconds since 1970.
     *
     * @param lateMicros from when it was due to when it was begun
     * @param sentMicros just before it was written, or the command was begun
     * @param returnedMicros when that had returned
     * @param committedMicros by the database's clock; 0 where there was no commit
     * @param failure why it could not be written; null where it was
     * @param seen by node
     */
    record Revocation(
            By by,
            long lateMicros,
            long sentMicros,
            long returnedMicros,
            long committedMicros,
            String failure,
            List<Seen> seen) {

        boolean isComplete() {
            return failure == null && committedMicros != 0 && seen.stream().allMatch(Seen::isRefused);
        }

        /** Until the last node had refused. */
        double millisFromCommit() {
            return (refusedMicros() - committedMicros) / 1e3;
        }

        /** Until that node had. */
        double millisFromCommit(int node) {
            return (seen.get(node).refusedMicros() - committedMicros) / 1e3;
        }

        double millisFromSending() {
            return (refusedMicros() - sentMicros) / 1e3;
        }

        double writeMillis() {
            return (returnedMicros - sentMicros) / 1e3;
        }

        /** Requests sent so long after the commit, or longer, that were allowed. */
        long allowedAfterCommit(double millis) {
            long from = committedMicros + (long) (millis * 1e3);
            return seen.stream().mapToLong(one -> one.allowedAfter(from)).sum();
        }

        /** Of the first refusals, the one that took longest: a look-up that has to ask PostgreSQL. */
        double refusalMillis() {
            return seen.stream().mapToLong(Seen::refusalMicros).max().orElseThrow() / 1e3;
        }

        private long refusedMicros() {
            return seen.stream().mapToLong(Seen::refusedMicros).max().orElseThrow();
        }
    }

    /** One a victim, at the rate given; returns when the last was watched to its end. */
    List<Revocation> run(List<Victim> victims, int perSecond) throws IOException, InterruptedException, SQLException {
        List<Future<Begun>> begun = new ArrayList<>();
        long start = System.nanoTime();
        for (int i = 0; i < victims.size(); i++) {
            long due = start + i * TimeUnit.SECONDS.toNanos(1) / perSecond;
            for (long wait = due - System.nanoTime(); wait > 0; wait = due - System.nanoTime()) {
                LockSupport.parkNanos(wait);
            }
            Victim victim = victims.get(i);
            By by = writers.get(i % writers.size());
            begun.add(
                    switch (by) {
                        case SQL -> statements.submit(() -> begin(by, due, victim, () -> bySql(victim)));
                        case CLI -> commands.submit(() -> begin(by, due, victim, () -> byCommand(victim)));
                        case EVENT -> statements.submit(() -> begin(by, due, victim, () -> byEvent(victim)));
                    });
        }
        List<Begun> written = new ArrayList<>();
        for (Future<Begun> one : begun) {
            written.add(result(one));
        }
        List<List<Seen>> seen = new ArrayList<>();
        for (Begun one : written) {
            List<Seen> ofNodes = new ArrayList<>();
            for (Future<Seen> watch : one.watches) {
                ofNodes.add(result(watch));
            }
            seen.add(ofNodes);
        }
        Map<String, Long> commits =
                registry.commitMicros(victims.stream().map(Victim::clientId).toList());
        List<Revocation> revocations = new ArrayList<>();
        for (int i = 0; i < victims.size(); i++) {
            Begun one = written.get(i);
            revocations.add(new Revocation(
                    one.by,
                    one.lateMicros,
                    one.sentMicros,
                    one.returnedMicros,
                    commits.getOrDefault(victims.get(i).clientId(), 0L),
                    one.failure,
                    seen.get(i)));
        }
        return revocations;
    }

    private record Begun(
            By by, long lateMicros, long sentMicros, long returnedMicros, String failure, List<Future<Seen>> watches) {}

    private Begun begin(By by, long due, Victim victim, Callable<String> revocation) {
        Write write = new Write();
        List<Future<Seen>> seen = new ArrayList<>();
        for (int i = 0; i < nodes.size(); i++) {
            byte[] request = Bench.request(nodes.get(i).address(), victim.key());
            seen.add(watches.submit(new Watch(connections.get(i), request, write, watching)));
        }
        long late = TimeUnit.NANOSECONDS.toMicros(System.nanoTime() - due);
        long sent = WallClock.micros();
        String failure;
        try {
            failure = revocation.call();
        } catch (Exception e) {
            failure = e.toString();
        }
        long returned = WallClock.micros();
        write.returned();
        return new Begun(by, late, sent, returned, failure, seen);
    }

    /** Null, or why not. */
    private String bySql(Victim victim) throws SQLException {
        registry.revoke(victim.clientId());
        return null;
    }

    private String byEvent(Victim victim) throws IOException {
        events.add(List.of(EventStream.event("client.revoked", victim.clientId(), 0, new JsonObject())));
        return null;
    }

    private String byCommand(Victim victim) {
        Program program = programs.get();
        program.err.getBuffer().setLength(0);
        int exit = program.commands.execute("client", "revoke", victim.clientId(), "--data", data.toString());
        return exit == 0 ? null : "exit code " + exit + ": " + program.err;
    }

    /** The gateway's command line, for one thread. */
    private record Program(CommandLine commands, StringWriter err) {

        static Program make() {
            StringWriter err = new StringWriter();
            return new Program(Main.commands(new PrintWriter(Writer.nullWriter()), new PrintWriter(err)), err);
        }
    }

    private static <T> T result(Future<T> future) throws IOException, InterruptedException {
        try {
            return future.get();
        } catch (ExecutionException e) {
            throw new IOException(e.getCause());
        }
    }

    @Override
    public void close() throws IOException {
        Stream.of(statements, commands, watches).forEach(ExecutorService::shutdownNow);
        events.close();
        for (BlockingQueue<KeepAlive> toNode : connections) {
            for (KeepAlive connection : toNode) {
                connection.close();
            }
        }
    }
}
