package io.portcullis.embedded;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What runs on a data folder, by the program each process runs. */
final class FolderProcesses {
    private FolderProcesses() {}

    static List<ProcessHandle> of(Path data) {
        Path real;
        try {
            real = data.toRealPath();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return ProcessHandle.allProcesses()
                .filter(process -> process.info()
                        .command()
                        .filter(command -> Path.of(command).startsWith(real.resolve("bin")))
                        .isPresent())
                .toList();
    }

    static long postmaster(Path data) throws IOException {
        return Long.parseLong(
                Files.readAllLines(data.resolve("postgres/postmaster.pid")).get(0));
    }

    static String status(long pid) throws IOException {
        return Files.readString(Path.of("/proc", Long.toString(pid), "status"));
    }
}
