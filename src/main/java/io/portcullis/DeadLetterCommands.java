package io.portcullis;

import io.portcullis.bus.Deadline;
import io.portcullis.cache.RedisLink;
import io.portcullis.cache.RedisMeters;
import io.portcullis.cache.StreamId;
import io.portcullis.events.DeadLetter;
import io.portcullis.events.DeadLetters;
import io.portcullis.registry.RegistryException;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "dlq",
        description = "Dead letters: events that could not be applied, with the reason, to be replayed or dropped.")
final class DeadLetterCommands {

    private static final int MOST_SHOWN = 1000;
    private static final int PAGE = 100;
    private static final String ID = "Id of a dead letter, as list shows it.";

    private final Shell shell;

    DeadLetterCommands(Shell shell) {
        this.shell = shell;
    }

    @Command(description = "Lists dead letters, oldest first: what is known of each, but not its payload.")
    int list(
            @Option(
                            names = "--limit",
                            paramLabel = "N",
                            defaultValue = "50",
                            description = "So many at most, 1 to " + MOST_SHOWN + "; ${DEFAULT-VALUE} by default.")
                    int limit,
            @Option(names = "--after", paramLabel = "ID", description = "Those behind this one.") @Nullable
                    String after,
            @Mixin InstallationOptions options,
            @Mixin Output output)
            throws CommandException, RegistryException {
        if (limit < 1 || limit > MOST_SHOWN) {
            throw output.misuse("--limit is 1 to " + MOST_SHOWN + ", not " + limit);
        }
        StreamId start = after == null ? StreamId.NONE : id(after, output);
        Installation installation = options.find(shell);
        List<DeadLetter> letters;
        try (Session session = Session.open(installation)) {
            letters = session.redis(
                    (link, deadline) -> letters(installation, link).list(start, limit + 1, deadline));
        }
        boolean more = letters.size() > limit;
        List<DeadLetter> shown = more ? letters.subList(0, limit) : letters;
        if (output.asJson()) {
            JsonArray list = new JsonArray();
            shown.forEach(letter -> list.add(json(letter)));
            output.json(list);
        } else {
            output.text(text(shown));
        }
        if (more) {
            output.note("There are more: --after " + shown.get(limit - 1).id());
        }
        return ExitCode.OK;
    }

    @Command(
            description = {
                "Puts dead letters back into the stream as they were, to be applied like new ones.",
                "Do it when the reason is gone. One that was applied after all changes nothing."
            })
    int replay(
            @Parameters(arity = "0..*", paramLabel = "ID", description = ID) @Nullable List<String> ids,
            @Option(names = "--all", description = "All that there are now.") boolean all,
            @Mixin InstallationOptions options,
            @Mixin Output output)
            throws CommandException, RegistryException {
        List<StreamId> chosen = chosen(ids, all, output);
        return each(DeadLetters::replay, "replayed", chosen, options.find(shell), output);
    }

    @Command(description = "Takes dead letters out for good.")
    int drop(
            @Parameters(arity = "0..*", paramLabel = "ID", description = ID) @Nullable List<String> ids,
            @Option(names = "--all", description = "All that there are now.") boolean all,
            @Option(names = "--yes", description = "Do not ask.") boolean yes,
            @Mixin InstallationOptions options,
            @Mixin Output output)
            throws CommandException, RegistryException {
        List<StreamId> chosen = chosen(ids, all, output);
        Installation installation = options.find(shell);
        if (all && !yes && !confirmed(installation, output)) {
            throw new CommandException("nothing was changed");
        }
        return each(DeadLetters::drop, "dropped", chosen, installation, output);
    }

    private boolean confirmed(Installation installation, Output output) throws CommandException, RegistryException {
        Shell.Terminal terminal = shell.terminal();
        if (terminal == null) {
            throw output.misuse("There is no terminal to ask at: confirm with --yes.");
        }
        long count;
        try (Session session = Session.open(installation)) {
            count = session.redis(
                    (link, deadline) -> letters(installation, link).count(deadline));
        }
        String answer = terminal.ask("Drop all " + count + " dead letters of "
                + installation.config().adminEvents().stream() + "? Type yes: ");
        return answer != null && answer.strip().equalsIgnoreCase("yes");
    }

    // --- one by one

    /** What is done to a dead letter; whether there was one. */
    private interface Work {
        Future<Boolean> on(DeadLetters letters, StreamId id, Deadline deadline);
    }

    /** Nothing chosen means all. Each page within a limit of its own: any number may take any time. */
    private static int each(Work work, String done, List<StreamId> chosen, Installation installation, Output output)
            throws CommandException, RegistryException {
        long count = 0;
        List<StreamId> missing = new ArrayList<>();
        try (Session session = Session.open(installation)) {
            if (chosen.isEmpty()) {
                // Those that fail again come back behind the last one that is there now.
                long left = session.redis(
                        (link, deadline) -> letters(installation, link).count(deadline));
                StreamId after = StreamId.NONE;
                while (left > 0) {
                    StreamId start = after;
                    int size = (int) Math.min(PAGE, left);
                    List<StreamId> page = session.redis((link, deadline) -> letters(installation, link)
                            .list(start, size, deadline)
                            .map(found -> found.stream().map(DeadLetter::id).toList()));
                    if (page.isEmpty()) {
                        break;
                    }
                    count += page(work, page, session, installation).size();
                    left -= page.size();
                    after = page.get(page.size() - 1);
                }
            } else {
                for (int i = 0; i < chosen.size(); i += PAGE) {
                    List<StreamId> page = chosen.subList(i, Math.min(chosen.size(), i + PAGE));
                    List<StreamId> there = page(work, page, session, installation);
                    count += there.size();
                    page.stream().filter(id -> !there.contains(id)).forEach(missing::add);
                }
            }
        }
        if (output.asJson()) {
            JsonArray none = new JsonArray();
            missing.forEach(id -> none.add(id.toString()));
            output.json(new JsonObject().put(done, count).put("missing", none));
        } else {
            output.text(count == 1 ? "1 dead letter " + done + "." : count + " dead letters " + done + ".");
        }
        if (!missing.isEmpty()) {
            output.note("There is no dead letter " + missing.get(0)
                    + (missing.size() == 1 ? "." : ", nor " + (missing.size() - 1) + " others."));
            return ExitCode.SOFTWARE;
        }
        return ExitCode.OK;
    }

    /** Those that there were. */
    private static List<StreamId> page(Work work, List<StreamId> ids, Session session, Installation installation)
            throws CommandException, RegistryException {
        return session.redis((link, deadline) -> {
            DeadLetters letters = letters(installation, link);
            List<Future<Boolean>> each =
                    ids.stream().map(id -> work.on(letters, id, deadline)).toList();
            return Future.join(each).map(all -> {
                List<StreamId> there = new ArrayList<>();
                for (int i = 0; i < ids.size(); i++) {
                    if (each.get(i).result()) {
                        there.add(ids.get(i));
                    }
                }
                return there;
            });
        });
    }

    private static DeadLetters letters(Installation installation, RedisLink link) {
        return new DeadLetters(link, installation.config().adminEvents().stream(), RedisMeters.none());
    }

    // --- what was typed

    private static List<StreamId> chosen(@Nullable List<String> ids, boolean all, Output output) {
        boolean some = ids != null && !ids.isEmpty();
        if (some == all) {
            throw output.misuse("Name dead letters by their ids, or all of them by --all.");
        }
        return ids == null || all
                ? List.of()
                : ids.stream().distinct().map(text -> id(text, output)).toList();
    }

    private static StreamId id(String text, Output output) {
        StreamId id = StreamId.parse(text);
        if (id == null) {
            throw output.misuse("The id of a dead letter looks like 1767225600000-0, not '" + text + "'");
        }
        return id;
    }

    // --- what is shown

    private static String text(List<DeadLetter> letters) {
        if (letters.isEmpty()) {
            return "No dead letters.";
        }
        TextTable table = new TextTable().row("ID", "EVENT", "TYPE", "CLIENT ID", "TRIES", "FAILED", "REASON");
        letters.forEach(letter -> table.row(
                letter.id(),
                letter.eventId(),
                letter.type(),
                letter.clientId(),
                letter.deliveries(),
                letter.failedAt(),
                letter.reason()));
        return table.render();
    }

    private static JsonObject json(DeadLetter letter) {
        return new JsonObject()
                .put("id", letter.id().toString())
                .put("original_id", letter.originalId())
                .put("event_id", letter.eventId())
                .put("event_type", letter.type())
                .put("client_id", letter.clientId())
                .put("reason", letter.reason())
                .put("deliveries", letter.deliveries())
                .put("failed_at", letter.failedAt());
    }
}
