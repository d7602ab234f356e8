package io.portcullis.embedded;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** One gateway per data folder. The operating system gives the lock back when its holder ends, however it ends. */
final class FolderLock implements AutoCloseable {
    /**
     * Folders this process holds. Looked at before the file is touched: a POSIX record lock is lost as soon as its process closes any
     * descriptor of the file, so a second attempt that merely opened and closed it would silently end the first one's lock.
     */
    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    private final Path folder;
    private final FileChannel channel;

    private FolderLock(Path folder, FileChannel channel) {
        this.folder = folder;
        this.channel = channel;
    }

    static FolderLock take(DataFolder data) throws EmbeddedException {
        String self = Long.toString(ProcessHandle.current().pid());
        if (!HELD.add(data.root())) {
            throw new FolderInUseException(data.root(), self + " (this process)");
        }
        FolderLock lock = null;
        try {
            lock = lock(data, self);
            return lock;
        } catch (IOException e) {
            throw new EmbeddedException("cannot lock " + data.lock() + ": " + e, e);
        } finally {
            if (lock == null) {
                HELD.remove(data.root());
            }
        }
    }

    // The channel lives as long as the lock, and is closed with it.
    private static FolderLock lock(DataFolder data, String self) throws IOException, FolderInUseException {
        FileChannel channel = FileChannel.open(
                data.lock(),
                Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-r--r--")));
        boolean taken = false;
        try {
            FileLock lock = channel.tryLock();
            if (lock == null) {
                String holder = Files.readString(data.lock()).strip();
                throw new FolderInUseException(data.root(), holder.isEmpty() ? "(just starting)" : holder);
            }
            channel.truncate(0);
            channel.write(ByteBuffer.wrap((self + "\n").getBytes(StandardCharsets.US_ASCII)), 0);
            taken = true;
            return new FolderLock(data.root(), channel);
        } finally {
            if (!taken) {
                channel.close();
            }
        }
    }

    @Override
    public void close() throws IOException {
        try {
            channel.close();
        } finally {
            HELD.remove(folder);
        }
    }
}
