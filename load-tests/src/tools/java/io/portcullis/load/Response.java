package io.portcullis.load;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * One answer as it came over the wire: what the bare server is told to repeat, and what it is held to.
 *
 * @param statusLine without the line end
 * @param headers in the order they came, names as they were written
 * @param bodyLength by Content-Length, 0 without one
 */
record Response(String statusLine, List<Map.Entry<String, String>> headers, int bodyLength) {

    private static final int LIMIT_MILLIS = 5_000;
    private static final int LARGEST_HEAD = 16 * 1024;

    int status() {
        return Integer.parseInt(statusLine.split(" ", 3)[1]);
    }

    /** Bytes of the head, line ends included. */
    int headLength() {
        int length = statusLine.length() + 4;
        for (Map.Entry<String, String> header : headers) {
            length += header.getKey().length() + 2 + header.getValue().length() + 2;
        }
        return length;
    }

    /** Sends {@code request} over a connection of its own and reads the head of the answer. */
    static Response to(InetSocketAddress server, byte[] request) throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(server, LIMIT_MILLIS);
            socket.setSoTimeout(LIMIT_MILLIS);
            socket.getOutputStream().write(request);
            InputStream in = socket.getInputStream();
            StringBuilder head = new StringBuilder();
            while (head.indexOf("\r\n\r\n") < 0) {
                int b = in.read();
                if (b < 0 || head.length() > LARGEST_HEAD) {
                    throw new IOException("no HTTP response: " + head);
                }
                head.append((char) b);
            }
            return parse(head.toString());
        }
    }

    static Response parse(String head) {
        List<String> lines = head.lines().takeWhile(line -> !line.isEmpty()).toList();
        List<Map.Entry<String, String>> headers = lines.stream()
                .skip(1)
                .map(line -> line.split(":\\s*", 2))
                .map(pair -> Map.entry(pair[0], pair[1]))
                .toList();
        int bodyLength = headers.stream()
                .filter(header -> header.getKey().equalsIgnoreCase("content-length"))
                .mapToInt(header -> Integer.parseInt(header.getValue()))
                .findFirst()
                .orElse(0);
        return new Response(lines.get(0), headers, bodyLength);
    }

    /** Status line and headers as text, as {@link #parse} reads them. */
    String head() {
        StringBuilder head = new StringBuilder(statusLine).append("\r\n");
        headers.forEach(header -> head.append(header.getKey())
                .append(": ")
                .append(header.getValue())
                .append("\r\n"));
        return head.append("\r\n").toString();
    }

    /** Names and lengths, in an order of its own: equal for two answers that cost a server the same to write. */
    List<String> shape() {
        return headers.stream()
                .map(header -> header.getKey().toLowerCase(Locale.ROOT) + " of "
                        + header.getValue().getBytes(StandardCharsets.ISO_8859_1).length + " bytes")
                .sorted()
                .toList();
    }
}
