package io.portcullis;

import io.portcullis.config.PostgresUrl;
import io.portcullis.database.Migration;
import io.portcullis.database.Migrations;
import io.portcullis.registry.RegistryException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(name = "db", description = "Takes the database's schema up and down, and tells where it stands.")
final class DatabaseCommands {

    private final Shell shell;

    DatabaseCommands(Shell shell) {
        this.shell = shell;
    }

    @Command(description = "Takes every step that is pending; the gateway does the same when it starts.")
    int migrate(@Mixin InstallationOptions installation, @Mixin Output output) throws CommandException {
        int applied = migrations(installation.find(shell)).migrate();
        if (output.asJson()) {
            output.json(new JsonObject().put("applied", applied));
        } else {
            output.text(
                    switch (applied) {
                        case 0 -> "The schema is up to date.";
                        case 1 -> "1 step taken; the schema is up to date.";
                        default -> applied + " steps taken; the schema is up to date.";
                    });
        }
        return ExitCode.OK;
    }

    @Command(description = "Shows the steps, which of them the database has taken, and when.")
    int status(@Mixin InstallationOptions installation, @Mixin Output output) throws CommandException {
        List<Migration> steps = migrations(installation.find(shell)).status();
        if (output.asJson()) {
            JsonArray list = new JsonArray();
            steps.forEach(step -> list.add(json(step)));
            output.json(list);
        } else {
            TextTable table = new TextTable().row("VERSION", "STEP", "STATE", "TAKEN");
            steps.forEach(step -> table.row(step.version(), step.description(), state(step), step.installedOn()));
            output.text(table.render());
        }
        return ExitCode.OK;
    }

    @Command(
            description = {
                "Takes back the newest step, with the data that only it has room for.",
                "A gateway that runs on the schema fails from then on, and takes the step again at its next start."
            })
    int rollback(
            @Mixin InstallationOptions installation,
            @Mixin Output output,
            @Option(names = "--yes", description = "Do not ask.") boolean yes)
            throws CommandException {
        Installation found = installation.find(shell);
        Migrations migrations = migrations(found);
        if (!yes && !confirmed(migrations, found.postgres(), output)) {
            throw new CommandException("nothing was changed");
        }
        Optional<Migration> step = migrations.rollback();
        if (output.asJson()) {
            output.json(new JsonObject()
                    .put("rolled_back", step.map(DatabaseCommands::json).orElse(null)));
        } else {
            output.text(step.map(taken -> "Step " + name(taken) + " was taken back.")
                    .orElse("There is no step to take back."));
        }
        return ExitCode.OK;
    }

    @Command(
            name = "reset-epoch",
            description = {
                "Makes every node drop what it has cached, in memory and in Redis, and read it anew.",
                "To be done after PostgreSQL was restored from a backup: nodes notice most restores by themselves, but not every one."
            })
    int resetEpoch(@Mixin InstallationOptions options, @Mixin Output output)
            throws CommandException, RegistryException {
        String epoch;
        try (Session session = Session.open(options.find(shell))) {
            epoch = session.resetEpoch();
        }
        if (output.asJson()) {
            output.json(new JsonObject().put("epoch", epoch));
        } else {
            output.text("The epoch is " + epoch + " from now on.");
        }
        return ExitCode.OK;
    }

    private boolean confirmed(Migrations migrations, PostgresUrl database, Output output) {
        Shell.Terminal terminal = shell.terminal();
        if (terminal == null) {
            throw output.misuse("There is no terminal to ask at: confirm with --yes.");
        }
        Migration newest = null;
        for (Migration step : migrations.status()) {
            if (step.state() != Migration.State.PENDING) {
                newest = step;
            }
        }
        if (newest == null) {
            return true;
        }
        String answer = terminal.ask("Take back step " + name(newest) + " of " + database + "? Type yes: ");
        return answer != null && answer.strip().equalsIgnoreCase("yes");
    }

    private static Migrations migrations(Installation installation) {
        return new Migrations(Connections.jdbc(
                installation.direct(), installation.config().postgres().connectTimeout()));
    }

    private static String name(Migration step) {
        return step.version() + " (" + step.description() + ")";
    }

    private static String state(Migration step) {
        return step.state().name().toLowerCase(Locale.ROOT);
    }

    private static JsonObject json(Migration step) {
        @Nullable
        Object installedOn =
                step.installedOn() == null ? null : step.installedOn().toString();
        return new JsonObject()
                .put("version", step.version())
                .put("description", step.description())
                .put("state", state(step))
                .put("installed_on", installedOn);
    }
}
