package io.portcullis.embedded;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;

/** Files of mode 0600 that are there whole or not at all, also after a power failure. */
final class AtomicFile {
    private AtomicFile() {}

    /** Replaces {@code file}. A symbolic link in its place is replaced, not followed. */
    static void write(Path file, String content) throws IOException {
        Path temporary = temporaryBeside(file, content);
        try {
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            sync(parent(file));
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    /** Makes {@code file} unless it exists. False: it exists, maybe made by somebody else at this moment, and was left alone. */
    static boolean create(Path file, String content) throws IOException {
        Path temporary = temporaryBeside(file, content);
        try {
            link(temporary, file);
            sync(parent(file));
            return true;
        } catch (FileAlreadyExistsException e) {
            return false;
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    private static void link(Path temporary, Path file) throws IOException {
        try {
            // A link fails where the name is taken; a rename would replace what a concurrent creator has already handed
            // out.
            Files.createLink(file, temporary);
        } catch (FileAlreadyExistsException e) {
            throw e;
        } catch (FileSystemException | UnsupportedOperationException noLinksHere) {
            Files.move(temporary, file);
        }
    }

    /** Makes a rename or a new name inside {@code folder} durable. */
    static void sync(Path folder) throws IOException {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private static Path temporaryBeside(Path file, String content) throws IOException {
        Path temporary = Files.createTempFile(
                parent(file),
                "." + file.getFileName() + "-",
                ".tmp",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
            ByteBuffer bytes = StandardCharsets.UTF_8.encode(content);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
            return temporary;
        } catch (IOException e) {
            Files.deleteIfExists(temporary);
            throw e;
        }
    }

    private static Path parent(Path file) {
        Path parent = file.toAbsolutePath().getParent();
        if (parent == null) {
            throw new IllegalArgumentException("not a file: " + file);
        }
        return parent;
    }
}
