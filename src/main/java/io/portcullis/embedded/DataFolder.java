package io.portcullis.embedded;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/** What lies where below the data folder. */
record DataFolder(Path root) {
    /** Prefix of folders that are being made; whatever still has it at a start was left by a crash. */
    static final String UNFINISHED = ".unfinished-";

    /** The folder, made where it is missing. */
    static DataFolder open(Path path) throws EmbeddedException {
        try {
            if (!Files.isDirectory(path)) {
                // The servers' user must pass through; what is secret has its own, narrower modes. An existing folder
                // stays as it is.
                Files.createDirectories(path.toAbsolutePath());
                Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwx--x--x"));
            }
            DataFolder folder = new DataFolder(path.toRealPath());
            folder.makeOwn(folder.bin(), "rwxr-xr-x");
            folder.makeOwn(folder.log(), "rwx------");
            folder.makeOwn(folder.secrets(), "rwx------");
            return folder;
        } catch (IOException e) {
            throw new EmbeddedException(
                    "the data folder " + path.toAbsolutePath() + " cannot be made or written by "
                            + System.getProperty("user.name") + " (" + e
                            + "): make it writable, or choose another folder"
                            + " (embedded.data)",
                    e);
        }
    }

    Path lock() {
        return root.resolve("lock");
    }

    Path bin() {
        return root.resolve("bin");
    }

    Path log() {
        return root.resolve("log");
    }

    Path secrets() {
        return root.resolve("secrets");
    }

    Path postgres() {
        return root.resolve("postgres");
    }

    Path redis() {
        return root.resolve("redis");
    }

    /** Removes what a start that was cut off has left. Only under the lock, and when no process of the folder lives any more. */
    void removeUnfinished() throws IOException {
        for (Path folder : new Path[] {root, bin()}) {
            try (var left = Files.newDirectoryStream(folder, UNFINISHED + "*")) {
                for (Path path : left) {
                    delete(path);
                }
            }
        }
    }

    /** Deletes a folder and all in it; symbolic links are deleted, not followed. */
    static void delete(Path folder) throws IOException {
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException e) throws IOException {
                if (e != null) {
                    throw e;
                }
                Files.delete(visited);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    private void makeOwn(Path folder, String mode) throws IOException {
        if (!Files.isDirectory(folder)) {
            Files.createDirectory(folder);
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString(mode));
        }
        if (!Files.isWritable(folder)) {
            throw new IOException(
                    folder + " belongs to " + Files.getOwner(folder).getName() + " and is not writable");
        }
    }
}
