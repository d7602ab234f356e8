package io.portcullis;

import io.portcullis.registry.RegistryException;
import io.portcullis.source.Verification;
import io.portcullis.sync.Batch;
import io.portcullis.sync.Differences;
import io.portcullis.sync.SyncRun;
import io.vertx.core.json.JsonArray;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(name = "sync", description = "Compares the registry with the Admin Service, and repairs what has drifted.")
final class SyncCommands {

    /** Somebody waits for it: a service that is restarted is back by then, and one that refuses is known soon. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private static final int MOST_DAYS = 400;

    private final Shell shell;

    SyncCommands(Shell shell) {
        this.shell = shell;
    }

    @Command(
            description = {
                "Compares all clients now, in this process, and repairs what may be repaired.",
                "A run of today that broke off is gone on with. Ctrl-C ends it at the end of its page.",
                "Exit code 0: all were compared, whatever was found; 1: it broke off, or another one is under way."
            })
    int run(
            @Option(names = "--restart", description = "From the beginning, though a run of today broke off.")
                    boolean restart,
            @Option(
                            names = "--accept-absent",
                            description =
                                    "Believe the source that has no client at all, or has lost more than half of them.")
                    boolean acceptAbsent,
            @Mixin InstallationOptions options,
            @Mixin Output output)
            throws CommandException, RegistryException {
        try (SyncSession session = SyncSession.open(options.find(shell));
                Interruption interruption = new Interruption()) {
            SyncProgress progress =
                    new SyncProgress(output.err(), shell.terminal() != null && !output.asJson(), expected(session));
            Batch batch;
            try {
                batch = session.run(
                        new SyncRun.Settings(session.pageSize(), PATIENCE, restart, acceptAbsent),
                        progress,
                        run -> interruption.calls(run::interrupt));
            } finally {
                progress.end();
            }
            if (output.asJson()) {
                output.json(SyncView.json(batch));
            } else {
                output.text(told(batch));
            }
            return batch.status() == Batch.Status.COMPLETED ? ExitCode.OK : ExitCode.SOFTWARE;
        }
    }

    private static long expected(SyncSession session) throws RegistryException, CommandException {
        return session.batches(2).stream()
                .filter(batch -> batch.status() == Batch.Status.COMPLETED)
                .mapToLong(batch -> batch.counts().total())
                .findFirst()
                .orElse(0);
    }

    private static String told(Batch batch) {
        Batch.Counts counts = batch.counts();
        String found = String.format(
                Locale.ROOT,
                "%,d clients: %,d matched, %,d repaired, %,d reported, %,d absent at the source.",
                counts.total(),
                counts.matched(),
                counts.repaired(),
                counts.reported(),
                counts.absent());
        return batch.status() == Batch.Status.COMPLETED
                ? found
                : "Interrupted after " + found + " Another run goes on from there.";
    }

    @Command(description = "Shows the comparisons, one a day, newest first.")
    int status(
            @Option(
                            names = "--limit",
                            paramLabel = "N",
                            defaultValue = "7",
                            description = "So many days at most; ${DEFAULT-VALUE} by default.")
                    int limit,
            @Mixin InstallationOptions options,
            @Mixin Output output)
            throws CommandException, RegistryException {
        if (limit < 1 || limit > MOST_DAYS) {
            throw output.misuse("--limit is 1 to " + MOST_DAYS + ", not " + limit);
        }
        List<Batch> batches;
        try (SyncSession session = SyncSession.open(options.find(shell))) {
            batches = session.batches(limit);
        }
        if (output.asJson()) {
            output.json(new JsonArray(batches.stream().map(SyncView::json).toList()));
        } else {
            output.text(SyncView.text(batches));
        }
        return ExitCode.OK;
    }

    @Command(
            description = {
                "Shows what a run would repair or report of the clients that the source has, and changes nothing.",
                "With --json a document a line.",
                "Exit code 0: nothing differs; 1: something does, or it could not be told."
            })
    int diff(
            @Option(
                            names = "--limit",
                            paramLabel = "N",
                            defaultValue = "100",
                            description = "So many clients at most, 0 for all; ${DEFAULT-VALUE} by default.")
                    long limit,
            @Mixin InstallationOptions options,
            @Mixin Output output)
            throws CommandException, RegistryException {
        if (limit < 0) {
            throw output.misuse("--limit is 0 or more, not " + limit);
        }
        AtomicLong differing = new AtomicLong();
        long compared;
        try (SyncSession session = SyncSession.open(options.find(shell))) {
            compared = session.differences(difference -> {
                if (output.asJson()) {
                    output.json(difference.json());
                } else {
                    output.text(text(difference));
                }
                return differing.incrementAndGet() != limit;
            });
        }
        boolean cut = differing.get() == limit;
        output.note(String.format(
                Locale.ROOT,
                "%,d of %,d clients differ%s",
                differing.get(),
                compared,
                cut ? ", and there may be more: --limit 0 shows all." : "."));
        return differing.get() == 0 ? ExitCode.OK : ExitCode.SOFTWARE;
    }

    private static String text(Differences.Difference difference) {
        TextTable table = new TextTable();
        Verification.@Nullable Finding finding = difference.finding();
        if (finding == null) {
            return table.row(difference.clientId(), padded("no client's record"), difference.fault())
                    .render();
        }
        for (Map.Entry<String, Verification.Difference> field :
                finding.differences().entrySet()) {
            table.row(
                    difference.clientId(),
                    padded(field.getKey()),
                    field.getValue().here(),
                    "→",
                    field.getValue().there());
        }
        return table.render();
    }

    /** Each client is a table of its own, since nobody knows how many there will be. */
    private static String padded(String field) {
        return String.format(Locale.ROOT, "%-18s", field);
    }
}
