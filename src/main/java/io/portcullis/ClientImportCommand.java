package io.portcullis;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.Writer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * Sends some lines at a time, each time a request of its own, and reads its answer before the next: HTTP/1.1 by {@code java.net.http} reads an
 * answer when all of a request is sent, and the gateway reads no more of a request whose answers nobody takes.
 */
@Command(
        name = "import",
        description = {
            "Registers many clients, one a line (JSON), as 'client export' writes them; \"keys\": 1 in a line asks for a key.",
            "The results are lines as well, {\"line\": …, \"client_id\": …} or {\"line\": …, \"error\": …}, and have the keys in them.",
            "What is wrong with one line does not keep the others. Exit code 1: a line was refused, or not all were sent."
        })
final class ClientImportCommand implements Callable<Integer> {

    @Parameters(paramLabel = "FILE", description = "Lines to register; - for standard input.")
    private String file = "";

    @Option(names = "--activate", description = "They are active at once; without it, they are pending.")
    private boolean activate;

    @Option(
            names = "--results",
            paramLabel = "FILE",
            description = "A new file for the results, which its owner alone can read; without it, standard output.")
    private @Nullable Path results;

    @Mixin
    private final ApiOptions options = new ApiOptions();

    @Mixin
    private final Output output = new Output();

    private final Shell shell;

    private long sent;
    private long registered;
    private long refused;
    private @Nullable Long seq;

    ClientImportCommand(Shell shell) {
        this.shell = shell;
    }

    @Override
    public Integer call() throws CommandException {
        ManagementClient api = options.open(shell);
        String path = ManagementClient.path("/clients:import", "activate", activate);
        try (Counting in = input();
                Results out = results == null ? output::text : new ResultFile(results)) {
            ProgressLine progress = new ProgressLine(output.err(), shell.terminal() != null && !output.asJson());
            LineBatches batches = new LineBatches(in);
            long began = System.nanoTime();
            try {
                for (byte[] lines = batches.next(); lines.length > 0; lines = batches.next()) {
                    String answer = register(api, path, lines, batches.lines());
                    progress.clear();
                    out.write(answer);
                    sent = batches.lines();
                    if (progress.isDue()) {
                        progress.show(line(in, System.nanoTime() - began));
                    }
                }
            } finally {
                progress.clear();
            }
            JsonObject totals = new JsonObject()
                    .put("lines", sent)
                    .put("registered", registered)
                    .put("refused", refused)
                    .put("seq", seq);
            out.write(new JsonObject().put("done", totals).encode());
            tell(totals);
        } catch (IOException e) {
            throw new CommandException(
                    "the import ended at line " + (sent + 1) + ", what is before it is done: " + Failures.text(e), e);
        }
        return refused == 0 ? ExitCode.OK : ExitCode.SOFTWARE;
    }

    private void tell(JsonObject totals) {
        if (!output.asJson()) {
            output.note(
                    String.format(Locale.ROOT, "%,d lines: %,d registered, %,d refused.", sent, registered, refused));
        } else if (results != null) {
            output.json(totals);
        }
    }

    private String line(Counting in, long nanos) {
        return ProgressLine.bar(in.count, in.size)
                + String.format(
                        Locale.ROOT,
                        "%,d lines, %,.0f/s, %,d registered, %,d refused",
                        sent,
                        sent * 1e9 / Math.max(1, nanos),
                        registered,
                        refused);
    }

    /** The results of these lines, numbered as in the whole. */
    private String register(ManagementClient api, String path, byte[] lines, long end)
            throws CommandException, IOException {
        String answer;
        try {
            answer = api.register(path, lines);
        } catch (CommandException e) {
            throw new CommandException(
                    "the import ended: what is before line " + (sent + 1) + " is done, of lines " + (sent + 1) + " to "
                            + end + " it is not known: " + e.getMessage(),
                    e);
        }
        StringBuilder text = new StringBuilder();
        boolean whole = false;
        String fault = "the answer has no end";
        for (String line : answer.lines().toList()) {
            JsonObject result = result(line);
            if (result.getValue("done") instanceof JsonObject done) {
                whole = true;
                seq = done.getLong("seq") == null ? seq : done.getLong("seq");
                continue;
            }
            if (result.getValue("error") instanceof JsonObject error) {
                refused++;
                fault = TextTable.printable(error.getValue("detail") + " (" + error.getValue("code") + ")");
            } else {
                registered++;
            }
            text.append(result.put("line", sent + result.getLong("line", 0L)).encode())
                    .append('\n');
        }
        if (!whole) {
            throw new IOException(fault + "; of lines to " + end + " it is not known");
        }
        return text.toString();
    }

    private static JsonObject result(String line) throws IOException {
        try {
            return new JsonObject(line);
        } catch (DecodeException | ClassCastException e) {
            throw new IOException("the answer is not what a management port answers", e);
        }
    }

    private Counting input() throws CommandException {
        if (file.equals("-")) {
            return new Counting(shell.in(), 0);
        }
        Path path = Path.of(file);
        try {
            return new Counting(new BufferedInputStream(Files.newInputStream(path)), Files.size(path));
        } catch (IOException e) {
            throw new CommandException(file + " cannot be read (" + e.getClass().getSimpleName() + ")", e);
        }
    }

    /** Where results go. */
    private interface Results extends AutoCloseable {

        void write(String lines) throws IOException;

        @Override
        default void close() throws IOException {}
    }

    private static final class ResultFile implements Results {

        private final Writer writer;

        /** It will hold keys, and may not take the place of a file that does. */
        ResultFile(Path path) throws CommandException {
            try {
                if (path.getFileSystem().supportedFileAttributeViews().contains("posix")) {
                    Files.createFile(
                            path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
                } else {
                    Files.createFile(path);
                }
                writer = Files.newBufferedWriter(path);
            } catch (FileAlreadyExistsException e) {
                throw new CommandException(path + " is there already, and may hold the keys of another import", e);
            } catch (IOException e) {
                throw new CommandException(
                        path + " cannot be written (" + e.getClass().getSimpleName() + ")", e);
            }
        }

        @Override
        public void write(String lines) throws IOException {
            writer.write(lines);
            if (!lines.endsWith("\n") && !lines.isEmpty()) {
                writer.write('\n');
            }
            // What is registered is on record, whatever becomes of the next lines.
            writer.flush();
        }

        @Override
        public void close() throws IOException {
            writer.close();
        }
    }

    /** How many bytes were read, of how many; 0 where that is not known. */
    private static final class Counting extends FilterInputStream {

        private final long size;
        private long count;

        Counting(InputStream in, long size) {
            super(in);
            this.size = size;
        }

        @Override
        public int read() throws IOException {
            int read = super.read();
            count += read < 0 ? 0 : 1;
            return read;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            int read = super.read(bytes, offset, length);
            count += Math.max(0, read);
            return read;
        }
    }
}
