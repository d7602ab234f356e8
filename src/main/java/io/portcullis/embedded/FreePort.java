package io.portcullis.embedded;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;

/** Ports of 127.0.0.1. One that was free can be taken a moment later: who uses it must be ready to ask for another. */
final class FreePort {
    /** Where a server's ports come from. */
    @FunctionalInterface
    interface Source {
        int next() throws IOException;
    }

    private FreePort() {}

    static int find() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByAddress(new byte[] {127, 0, 0, 1}))) {
            return socket.getLocalPort();
        }
    }

    static boolean taken(int port) {
        try (ServerSocket socket = new ServerSocket()) {
            // Connections of a server that has just gone, in TIME_WAIT, do not make a port taken.
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port));
            return false;
        } catch (IOException e) {
            return true;
        }
    }
}
