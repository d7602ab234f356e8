package io.portcullis.cache;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.NetSocket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A peer that plays a script in place of Redis. It greets like one unless told not to. */
final class FakePeer implements AutoCloseable {

    /** What the peer does about one command. */
    @FunctionalInterface
    interface Script {
        void on(Asked asked);
    }

    /** One command as it arrived; {@code connection} counts from 1. */
    record Asked(int connection, String name, String argument, NetSocket socket) {
        void answer(String bytes) {
            socket.write(Buffer.buffer(bytes.getBytes(StandardCharsets.ISO_8859_1)));
        }

        /** Answers a GET by a value that tells its key. */
        void answerValueOfKey() {
            String value = "value-of-" + argument;
            answer("$" + value.length() + "\r\n" + value + "\r\n");
        }
    }

    final AtomicInteger connections = new AtomicInteger();
    final List<NetSocket> open = new CopyOnWriteArrayList<>();
    private final Vertx vertx;
    private final Script script;
    private final NetServerOptions options;
    private volatile Script greeting = asked -> asked.answer(asked.name().equals("PING") ? "+PONG\r\n" : "+OK\r\n");
    private NetServer server;
    private int port;

    FakePeer(Vertx vertx, Script script) {
        this(vertx, script, new NetServerOptions());
    }

    FakePeer(Vertx vertx, Script script, NetServerOptions options) {
        this.vertx = vertx;
        this.options = options;
        this.script = script;
        this.server = listen(0);
        this.port = server.actualPort();
    }

    FakePeer greetBy(Script other) {
        greeting = other;
        return this;
    }

    int port() {
        return port;
    }

    private NetServer listen(int wanted) {
        return await(vertx.createNetServer(options).connectHandler(this::accept).listen(wanted, "127.0.0.1"));
    }

    /** Refuses connections from now on and cuts those there are. */
    void stop() {
        await(server.close());
    }

    void startAgain() {
        server = listen(port);
    }

    private void accept(NetSocket socket) {
        int number = connections.incrementAndGet();
        open.add(socket);
        Buffer[] rest = {Buffer.buffer()};
        socket.closeHandler(v -> open.remove(socket));
        socket.handler(chunk -> rest[0] = play(number, socket, rest[0].appendBuffer(chunk)));
    }

    private Buffer play(int number, NetSocket socket, Buffer bytes) {
        String text = bytes.toString(StandardCharsets.ISO_8859_1);
        int at = 0;
        while (true) {
            int[] next = {at};
            String @Nullable [] arguments = command(text, next);
            if (arguments == null) {
                return bytes.getBuffer(at, bytes.length());
            }
            at = next[0];
            String name = arguments[0].toUpperCase(Locale.ROOT);
            Asked asked = new Asked(number, name, arguments.length > 1 ? arguments[1] : "", socket);
            boolean greets = List.of("HELLO", "AUTH", "SELECT", "PING").contains(asked.name());
            (greets ? greeting : script).on(asked);
        }
    }

    private static String @Nullable [] command(String text, int[] at) {
        int count = number(text, at);
        if (count < 0) {
            return null;
        }
        String[] arguments = new String[count];
        for (int i = 0; i < count; i++) {
            int length = number(text, at);
            if (length < 0 || text.length() < at[0] + length + 2) {
                return null;
            }
            arguments[i] = text.substring(at[0], at[0] + length);
            at[0] += length + 2;
        }
        return arguments;
    }

    private static int number(String text, int[] at) {
        int end = text.indexOf("\r\n", at[0]);
        if (end < 0) {
            return -1;
        }
        int number = Integer.parseInt(text.substring(at[0] + 1, end));
        at[0] = end + 2;
        return number;
    }

    static <T> T await(io.vertx.core.Future<T> future) {
        try {
            return future.toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        stop();
    }
}
