package io.portcullis.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Tells a process from a later one that was given the same number. */
final class ProcessStamp {
    private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");
    /** Position of {@code starttime} among the fields that follow the command name: proc(5), field 22. */
    private static final int START_TIME = 22 - 3;

    private ProcessStamp() {}

    /** Empty where no such process lives. */
    static Optional<String> of(long pid) {
        Optional<ProcessHandle> process = ProcessHandle.of(pid).filter(ProcessHandle::isAlive);
        if (process.isEmpty()) {
            return Optional.empty();
        }
        try {
            // Ticks since boot. The start time as Java tells it is reckoned from the wall clock and moves when that is
            // set.
            String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            if (fields[0].equals("Z") || fields[0].equals("X")) {
                // It has ended; only its number waits for a parent that has not asked yet.
                return Optional.empty();
            }
            return Optional.of(Files.readString(BOOT_ID).strip() + "/" + fields[START_TIME]);
        } catch (IOException notLinux) {
            return process.get().info().startInstant().map(Object::toString).or(() -> Optional.of("unknown"));
        }
    }
}
