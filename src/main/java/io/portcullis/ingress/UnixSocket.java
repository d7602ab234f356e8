package io.portcullis.ingress;

import io.vertx.core.Vertx;
import io.vertx.core.net.SocketAddress;
import java.io.IOException;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The file of a Unix domain socket, for a proxy on the same machine. It is bound in a folder of its own that nobody else can enter, and moved
 * into its place when it has its permissions: it is never open to more than it should be, and takes the place of one that a dead process left
 * in one step.
 *
 * <p>Works on files; not for an event loop.
 */
public final class UnixSocket implements AutoCloseable {

    /** What {@code sockaddr_un} has room for (unix(7)), less the final zero. */
    private static final int MOST_BYTES = 107;

    private static final int FILE_TYPE = 0170000;
    private static final int SOCKET = 0140000;
    private static final Set<PosixFilePermission> MINE = PosixFilePermissions.fromString("rwx------");

    private final Path path;
    private final Set<PosixFilePermission> permissions;
    private final Path folder;
    private @Nullable Object published;

    private UnixSocket(Path path, Set<PosixFilePermission> permissions, Path folder) {
        this.path = path;
        this.permissions = permissions;
        this.folder = folder;
    }

    /**
     * Makes ready to listen.
     *
     * @param permissions of the file: who may write to it may connect
     * @throws UnixSocketException somebody listens there, or something else stands there, or it cannot be done at all
     */
    public static UnixSocket prepare(Path configured, Set<PosixFilePermission> permissions, Vertx vertx)
            throws UnixSocketException {
        if (!vertx.isNativeTransportEnabled()) {
            throw new UnixSocketException(
                    "needs Linux on amd64 or arm64, where the native transport is",
                    vertx.unavailableNativeTransportCause());
        }
        Path path = configured.toAbsolutePath().normalize();
        Path parent = path.getParent();
        if (parent == null || !Files.isDirectory(parent)) {
            throw new UnixSocketException(path + ": its folder does not exist", null);
        }
        refuseLiving(path);
        try {
            UnixSocket socket = new UnixSocket(
                    path,
                    permissions,
                    Files.createTempDirectory(parent, ".portcullis", PosixFilePermissions.asFileAttribute(MINE)));
            if (tooLong(socket.bound()) || tooLong(path)) {
                socket.close();
                throw new UnixSocketException(path + ": too long a path for a socket", null);
            }
            return socket;
        } catch (IOException e) {
            throw new UnixSocketException(parent + ": no socket can be made in it (" + e + ")", e);
        }
    }

    /** Where to listen, until {@link #publish}. */
    SocketAddress address() {
        return SocketAddress.domainSocketAddress(bound().toString());
    }

    /** Moves it to where it is looked for. To be called when all listen. */
    public void publish() throws UnixSocketException {
        try {
            Files.setPosixFilePermissions(bound(), permissions);
            published = Files.readAttributes(bound(), BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                    .fileKey();
            Files.move(bound(), path, StandardCopyOption.ATOMIC_MOVE);
            Files.delete(folder);
        } catch (IOException e) {
            throw new UnixSocketException(path + ": cannot be put in its place (" + e + ")", e);
        }
    }

    /** Removes what is there of it; another's that took its place is left alone. */
    @Override
    public void close() throws IOException {
        Files.deleteIfExists(bound());
        Files.deleteIfExists(folder);
        if (published != null && published.equals(fileKey(path))) {
            Files.deleteIfExists(path);
        }
    }

    private Path bound() {
        return folder.resolve("s");
    }

    private static void refuseLiving(Path path) throws UnixSocketException {
        try {
            int mode = (int) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
            if ((mode & FILE_TYPE) != SOCKET) {
                throw new UnixSocketException(path + ": is there already, and no socket", null);
            }
            try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
                channel.connect(UnixDomainSocketAddress.of(path));
            }
        } catch (NoSuchFileException | ConnectException e) {
            // Nothing there, or nobody behind it: a process that was killed leaves its socket.
            return;
        } catch (IOException e) {
            throw new UnixSocketException(path + ": it cannot be told whether somebody listens there (" + e + ")", e);
        }
        throw new UnixSocketException(path + ": another process listens there", null);
    }

    private static @Nullable Object fileKey(Path path) throws IOException {
        try {
            return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                    .fileKey();
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    private static boolean tooLong(Path path) {
        return path.toString().getBytes(StandardCharsets.UTF_8).length > MOST_BYTES;
    }
}
