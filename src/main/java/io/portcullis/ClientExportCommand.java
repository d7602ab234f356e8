package io.portcullis;

import io.portcullis.auth.ClientStatus;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "export",
        description = {
            "Writes clients, one a line (JSON), in a form that 'client import' takes; without keys and secrets.",
            "A file is there when all of it is."
        })
final class ClientExportCommand implements Callable<Integer> {

    @Parameters(paramLabel = "FILE", description = "Where to; - for standard output.")
    private String file = "";

    @Option(
            names = "--status",
            paramLabel = "STATUS",
            description = "Those with this status: ${COMPLETION-CANDIDATES}.")
    private @Nullable ClientStatus status;

    @Option(names = "--owner", paramLabel = "USER", description = "Those of this owner.")
    private @Nullable String owner;

    @Option(names = "--tenant", paramLabel = "TENANT", description = "Those of this tenant.")
    private @Nullable String tenant;

    @Option(
            names = "--search",
            paramLabel = "TEXT",
            description = "Those with this in their code or their BAP id, or with this client id.")
    private @Nullable String text;

    @Mixin
    private final ApiOptions options = new ApiOptions();

    @Mixin
    private final Output output = new Output();

    private final Shell shell;

    private long clients;

    ClientExportCommand(Shell shell) {
        this.shell = shell;
    }

    @Override
    public Integer call() throws CommandException {
        ManagementClient api = options.open(shell);
        InputStream stream = api.stream(ManagementClient.path(
                "/clients:export", "owner_user_id", owner, "tenant_id", tenant, "status", status, "q", text));
        if (file.equals("-")) {
            copy(api, stream, output.out());
            return ExitCode.OK;
        }
        Path target = Path.of(file);
        Path part = Path.of(file + ".part");
        try (InputStream in = stream;
                Writer writer = Files.newBufferedWriter(part)) {
            copy(api, in, writer);
        } catch (IOException e) {
            throw unwritten(e);
        }
        try {
            Files.move(part, target, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw unwritten(e);
        }
        if (output.asJson()) {
            output.json(new JsonObject().put("clients", clients));
        } else {
            output.note(String.format(Locale.ROOT, "%,d clients.", clients));
        }
        return ExitCode.OK;
    }

    private CommandException unwritten(IOException failure) {
        return new CommandException(file + " cannot be written (" + Failures.text(failure) + ")", failure);
    }

    private void copy(ManagementClient api, InputStream stream, Writer target) throws CommandException {
        boolean shown = shell.terminal() != null && !output.asJson() && !file.equals("-");
        ProgressLine progress = new ProgressLine(output.err(), shown);
        long began = System.nanoTime();
        try (StallGuard guard = new StallGuard(stream);
                BufferedReader lines = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
            for (String line = guard.line(lines); line != null; line = guard.line(lines)) {
                write(target, line);
                clients++;
                if (progress.isDue()) {
                    progress.show(String.format(
                            Locale.ROOT,
                            "%,d clients, %,.0f/s",
                            clients,
                            clients * 1e9 / Math.max(1, System.nanoTime() - began)));
                }
            }
            write(target, null);
        } catch (IOException e) {
            throw new CommandException(
                    "the export is not whole, it ended after " + clients + " clients: "
                            + api.brokenOff(e).getMessage(),
                    e);
        } finally {
            progress.clear();
        }
    }

    /** @param line null to see that all is written */
    private void write(Writer target, @Nullable String line) throws CommandException {
        try {
            if (line == null) {
                target.flush();
            } else {
                target.write(line);
                target.write('\n');
            }
        } catch (IOException e) {
            throw unwritten(e);
        }
    }
}
