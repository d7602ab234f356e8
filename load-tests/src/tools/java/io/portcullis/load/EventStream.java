package io.portcullis.load;

import io.vertx.core.json.JsonObject;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** The Admin Service's stream, as that service writes it: RESP2 over a connection of its own, pipelined. Not thread-safe. */
final class EventStream implements Closeable {

    static final String NAME = "stream:admin.client.events";
    static final String GROUP = "portcullis";

    private final Socket socket;
    private final OutputStream out;
    private final InputStream in;

    private EventStream(Socket socket) throws IOException {
        this.socket = socket;
        this.out = new BufferedOutputStream(socket.getOutputStream(), 1 << 16);
        this.in = new BufferedInputStream(socket.getInputStream());
    }

    /** @param url {@code redis://user:password@host:port/0} */
    static EventStream open(String url) throws IOException {
        URI uri = URI.create(url);
        Socket socket = new Socket(uri.getHost(), uri.getPort());
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(10_000);
        EventStream stream = new EventStream(socket);
        if (uri.getRawUserInfo() != null) {
            String password = uri.getUserInfo().substring(uri.getUserInfo().indexOf(':') + 1);
            stream.command("AUTH", password);
        }
        return stream;
    }

    /** Field after value of an entry that carries such an event. */
    static List<String> event(String type, String clientId, long version, JsonObject payload) {
        String id = UUID.randomUUID().toString();
        List<String> fields = new ArrayList<>(List.of(
                "event_id",
                id,
                "event_type",
                type,
                "occurred_at",
                Instant.now().toString(),
                "payload",
                payload.put("client_id", clientId).encode()));
        if (version > 0) {
            fields.addAll(List.of("version", Long.toString(version)));
        }
        return fields;
    }

    /** Writes all and then reads all answers. */
    void add(List<List<String>> entries) throws IOException {
        for (List<String> fields : entries) {
            String[] words = new String[3 + fields.size()];
            words[0] = "XADD";
            words[1] = NAME;
            words[2] = "*";
            for (int i = 0; i < fields.size(); i++) {
                words[3 + i] = fields.get(i);
            }
            write(words);
        }
        out.flush();
        for (int i = 0; i < entries.size(); i++) {
            read();
        }
    }

    /** Entries that were taken and are not acknowledged, of the whole group. */
    long pending() throws IOException {
        write("XPENDING", NAME, GROUP);
        out.flush();
        return (long) ((Object[]) read())[0];
    }

    /** Sends a command and returns its answer: a text, a number, a list of such, or null. */
    Object command(String... words) throws IOException {
        write(words);
        out.flush();
        return read();
    }

    private void write(String... words) throws IOException {
        out.write(("*" + words.length + "\r\n").getBytes(StandardCharsets.US_ASCII));
        for (String word : words) {
            byte[] bytes = word.getBytes(StandardCharsets.UTF_8);
            out.write(("$" + bytes.length + "\r\n").getBytes(StandardCharsets.US_ASCII));
            out.write(bytes);
            out.write("\r\n".getBytes(StandardCharsets.US_ASCII));
        }
    }

    private Object read() throws IOException {
        String line = line();
        String rest = line.substring(1);
        switch (line.charAt(0)) {
            case '+':
                return rest;
            case ':':
                return Long.parseLong(rest);
            case '$':
                int length = Integer.parseInt(rest);
                if (length < 0) {
                    return null;
                }
                String text = new String(in.readNBytes(length), StandardCharsets.UTF_8);
                in.readNBytes(2);
                return text;
            case '*':
                int count = Integer.parseInt(rest);
                if (count < 0) {
                    return null;
                }
                Object[] list = new Object[count];
                for (int i = 0; i < count; i++) {
                    list[i] = read();
                }
                return list;
            default:
                throw new IOException("Redis: " + line);
        }
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c != '\r'; c = in.read()) {
            if (c < 0) {
                throw new IOException("Redis closed the connection");
            }
            line.append((char) c);
        }
        in.read();
        return line.toString();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
