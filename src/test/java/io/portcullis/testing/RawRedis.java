package io.portcullis.testing;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.TreeSet;

/** A Redis connection to look with from outside: RESP2, one command at a time, no code of ours. */
public final class RawRedis implements AutoCloseable {

    private final Socket socket;
    private final InputStream in;

    /** Connects and gives the password that the URL has. */
    public RawRedis(String url) throws IOException {
        URI uri = URI.create(url);
        socket = new Socket(uri.getHost(), uri.getPort());
        socket.setSoTimeout(10_000);
        in = new BufferedInputStream(socket.getInputStream());
        String account = uri.getRawUserInfo();
        if (account != null) {
            command("AUTH", account.substring(account.indexOf(':') + 1));
        }
    }

    public boolean exists(String key) throws IOException {
        return command("EXISTS", key).equals("1");
    }

    public void set(String key, String value) throws IOException {
        command("SET", key, value, "EX", "60");
    }

    /** Every key that begins so. The prefix has none of the characters that mean something in a pattern. */
    public Set<String> keys(String prefix) throws IOException {
        Set<String> keys = new TreeSet<>();
        String cursor = "0";
        do {
            send("SCAN", cursor, "MATCH", prefix + "*", "COUNT", "1000");
            arrayOf("SCAN", 2);
            cursor = reply("SCAN");
            for (int left = arrayOf("SCAN", -1); left > 0; left--) {
                keys.add(reply("SCAN"));
            }
        } while (!cursor.equals("0"));
        return keys;
    }

    /** A number, status or bulk text as text, a character per byte; nothing for null; fails for an error. */
    public String command(String... words) throws IOException {
        send(words);
        return reply(words[0]);
    }

    private void send(String... words) throws IOException {
        StringBuilder request = new StringBuilder("*" + words.length + "\r\n");
        for (String word : words) {
            int length = word.getBytes(StandardCharsets.ISO_8859_1).length;
            request.append('$').append(length).append("\r\n").append(word).append("\r\n");
        }
        OutputStream out = socket.getOutputStream();
        out.write(request.toString().getBytes(StandardCharsets.ISO_8859_1));
        out.flush();
    }

    private String reply(String command) throws IOException {
        String head = line();
        return switch (head.charAt(0)) {
            case '+', ':' -> head.substring(1);
            case '$' -> bulk(Integer.parseInt(head.substring(1)));
            default -> throw new IOException(command + ": " + head);
        };
    }

    /** The length of the array that begins now; any, where -1 is expected. */
    private int arrayOf(String command, int expected) throws IOException {
        String head = line();
        int length = head.startsWith("*") ? Integer.parseInt(head.substring(1)) : -1;
        if (length < 0 || (expected >= 0 && length != expected)) {
            throw new IOException(command + ": " + head);
        }
        return length;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    private String bulk(int length) throws IOException {
        if (length < 0) {
            return "";
        }
        byte[] bytes = in.readNBytes(length + 2);
        return new String(bytes, 0, length, StandardCharsets.ISO_8859_1);
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c != '\r'; c = in.read()) {
            if (c < 0) {
                throw new IOException("Redis closed the connection");
            }
            line.append((char) c);
        }
        if (in.read() != '\n') {
            throw new IOException("no line end");
        }
        return line.toString();
    }
}
