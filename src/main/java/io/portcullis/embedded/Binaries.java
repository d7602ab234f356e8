package io.portcullis.embedded;

import java.io.BufferedInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * Programs unpacked from the jar into {@code bin/}, once per version: the folder's name carries the checksum of what it was unpacked
 * from. Unpacked beside its place, made durable and renamed, so a folder of the right name is complete.
 */
final class Binaries {
    @FunctionalInterface
    private interface Unpacker {
        void unpack(InputStream in, Path target) throws IOException;
    }

    private final DataFolder folder;

    Binaries(DataFolder folder) {
        this.folder = folder;
    }

    /** The folder that has PostgreSQL's {@code bin}, {@code lib} and {@code share}. */
    Path postgres(Platform platform) throws EmbeddedException {
        return unpacked("postgres", platform.postgresResource(), TarXz::unpack);
    }

    /** The program. */
    Path redis(Platform platform) throws EmbeddedException {
        Path home = unpacked("redis", platform.redisResource(), (in, target) -> {
            Path program = target.resolve("redis-server");
            TarXz.copyDurably(in, program);
            Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
        });
        return home.resolve("redis-server");
    }

    private Path unpacked(String name, String resource, Unpacker unpacker) throws EmbeddedException {
        try {
            URL url = Binaries.class.getResource(resource);
            if (url == null) {
                throw new FileNotFoundException(resource + " is not in this build");
            }
            Path home = folder.bin().resolve(name + "-" + identity(url));
            if (!Files.isDirectory(home)) {
                unpack(url, home, unpacker);
                deleteOthers(name, home);
            }
            return home;
        } catch (IOException e) {
            throw new EmbeddedException(
                    "cannot unpack " + name + " into " + folder.bin() + ": " + e + " (" + free() + ")", e);
        }
    }

    private void unpack(URL url, Path home, Unpacker unpacker) throws IOException {
        Path unfinished = Files.createTempDirectory(folder.bin(), DataFolder.UNFINISHED);
        boolean done = false;
        try (InputStream in = new BufferedInputStream(url.openStream(), 1 << 16)) {
            unpacker.unpack(in, unfinished);
            Files.setPosixFilePermissions(unfinished, PosixFilePermissions.fromString("rwxr-xr-x"));
            Files.move(unfinished, home);
            AtomicFile.sync(folder.bin());
            done = true;
        } finally {
            if (!done) {
                DataFolder.delete(unfinished);
            }
        }
    }

    /** What an earlier version of the gateway has unpacked. Its processes have gone: this is called after {@link Leftovers}. */
    private void deleteOthers(String name, Path home) throws IOException {
        try (var others = Files.newDirectoryStream(folder.bin(), name + "-*")) {
            for (Path other : others) {
                if (!other.equals(home)) {
                    DataFolder.delete(other);
                }
            }
        }
    }

    /** The checksum that the jar's own directory holds: hashing the archive at every start would cost more than the start. */
    private static String identity(URL url) throws IOException {
        URLConnection connection = url.openConnection();
        if (connection instanceof JarURLConnection jar) {
            return Long.toHexString(jar.getJarEntry().getCrc())
                    + Long.toHexString(jar.getJarEntry().getSize());
        }
        // Classes in a folder, as in development. Closed at once: asking for the date has opened it.
        connection.getInputStream().close();
        return Long.toHexString(connection.getLastModified()) + Long.toHexString(connection.getContentLengthLong());
    }

    private String free() {
        try {
            return (Files.getFileStore(folder.bin()).getUsableSpace() >> 20) + " MB free there, 200 MB needed";
        } catch (IOException e) {
            return "free space unknown";
        }
    }
}
