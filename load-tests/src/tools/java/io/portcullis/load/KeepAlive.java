package io.portcullis.load;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;

/** One keep-alive connection that waits for each answer: for moments that are to be known, not for throughput. Not thread-safe. */
final class KeepAlive implements AutoCloseable {

    private static final int LIMIT_MILLIS = 10_000;

    private final Socket socket = new Socket();
    private final byte[] read = new byte[4096];
    private final ResponseBuffer answer = new ResponseBuffer();

    KeepAlive(InetSocketAddress server) throws IOException {
        socket.connect(server, LIMIT_MILLIS);
        socket.setSoTimeout(LIMIT_MILLIS);
        socket.setTcpNoDelay(true);
    }

    /** The status of the answer. */
    int ask(byte[] request) throws IOException {
        answer.clear();
        socket.getOutputStream().write(request);
        do {
            int count = socket.getInputStream().read(read);
            if (count < 0) {
                throw new EOFException("the server closed a connection");
            }
            answer.append(ByteBuffer.wrap(read, 0, count));
        } while (!answer.isComplete());
        return answer.status();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
