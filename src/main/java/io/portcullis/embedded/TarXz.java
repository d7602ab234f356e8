package io.portcullis.embedded;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;

/** Unpacks the archive of PostgreSQL. */
final class TarXz {
    private static final int ANY_EXECUTE = 0111;

    private TarXz() {}

    /** Entries that would leave {@code target} fail it. What is only for building extensions is left out: a third of the whole. */
    static void unpack(InputStream in, Path target) throws IOException {
        try (TarArchiveInputStream tar = new TarArchiveInputStream(new XZCompressorInputStream(in))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                if (needed(entry.getName())) {
                    unpack(tar, entry, inside(target, target.resolve(entry.getName())), target);
                }
            }
        }
    }

    private static void unpack(TarArchiveInputStream tar, TarArchiveEntry entry, Path path, Path target)
            throws IOException {
        if (entry.isDirectory()) {
            open(path, target);
            return;
        }
        Path folder = inside(target, path.resolveSibling(""));
        open(folder, target);
        if (entry.isSymbolicLink()) {
            Path link = Path.of(entry.getLinkName());
            inside(target, folder.resolve(link));
            Files.createSymbolicLink(path, link);
        } else if (entry.isFile()) {
            copyDurably(tar, path);
            Files.setPosixFilePermissions(
                    path,
                    PosixFilePermissions.fromString((entry.getMode() & ANY_EXECUTE) == 0 ? "rw-r--r--" : "rwxr-xr-x"));
        } else {
            throw new IOException("unexpected kind of entry: " + entry.getName());
        }
    }

    private static boolean needed(String name) {
        return !name.endsWith(".a") && !name.contains("/pgxs/") && !name.contains("/pkgconfig/");
    }

    private static Path inside(Path target, Path path) throws IOException {
        Path normal = path.normalize();
        if (!normal.startsWith(target)) {
            throw new IOException("entry outside of the archive: " + path);
        }
        return normal;
    }

    /** Makes {@code folder} and those between it and {@code target}, with modes that do not depend on our umask. */
    private static void open(Path folder, Path target) throws IOException {
        if (Files.isDirectory(folder)) {
            return;
        }
        open(folder.resolveSibling("").normalize(), target);
        Files.createDirectory(folder);
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /** On return the content has reached the disk, so that a rename of the folder later never shows files without it. */
    static void copyDurably(InputStream in, Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            OutputStream out = Channels.newOutputStream(channel);
            in.transferTo(out);
            channel.force(false);
        }
    }
}
