package io.portcullis;

import io.vertx.core.json.Json;
import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code --json}, and where a command writes: what it was asked for to standard output, all else to standard error. */
final class Output {

    @Spec(Spec.Target.MIXEE)
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec command;

    @Option(names = "--json", description = "One JSON document on standard output and nothing else.")
    private boolean json;

    boolean asJson() {
        return json;
    }

    /** The result for people: lines, with the last one's end or without. */
    void text(String text) {
        print(text);
    }

    /** The result for programs, as one line. */
    void json(Object document) {
        print(Json.encode(document));
    }

    /** What the person should know beside the result. */
    void note(String text) {
        PrintWriter err = err();
        err.println(text);
        err.flush();
    }

    /** Where a list goes on; nothing where it does not. */
    void more(@Nullable String next) {
        if (next != null) {
            note("There are more: --after" + (next.startsWith("-") ? "=" : " ") + TextTable.printable(next));
        }
    }

    /** Standard output, for what is long. */
    PrintWriter out() {
        return command.commandLine().getOut();
    }

    /** Standard error, for what is not whole lines. */
    PrintWriter err() {
        return command.commandLine().getErr();
    }

    /** For what is wrong with the command line; ends with the exit code for that. */
    ParameterException misuse(String message) {
        return new ParameterException(command.commandLine(), message);
    }

    /** Checks {@code --limit}. */
    void checkLimit(int limit, int most) {
        if (limit < 1 || limit > most) {
            throw misuse("--limit is 1 to " + most + ", not " + limit);
        }
    }

    private void print(String text) {
        PrintWriter out = command.commandLine().getOut();
        out.print(text);
        if (!text.endsWith("\n")) {
            out.println();
        }
        out.flush();
    }
}
