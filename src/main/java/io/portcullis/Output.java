package io.portcullis;

import io.vertx.core.json.Json;
import java.io.PrintWriter;
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

    /** Standard error, for what is not whole lines. */
    PrintWriter err() {
        return command.commandLine().getErr();
    }

    /** For what is wrong with the command line; ends with the exit code for that. */
    ParameterException misuse(String message) {
        return new ParameterException(command.commandLine(), message);
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
