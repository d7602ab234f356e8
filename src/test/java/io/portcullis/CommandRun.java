package io.portcullis;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayInputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/** One run of the program within this JVM: what came of it. */
record CommandRun(int exit, String out, String err) {

    /** Where runs take place: nothing of the machine's own environment gets in. */
    record Place(Map<String, String> environment, String input, Shell.@Nullable Terminal terminal) {

        Place(Map<String, String> environment) {
            this(environment, "", null);
        }

        Place withInput(String text) {
            return new Place(environment, text, terminal);
        }

        Place withTerminal(Shell.Terminal person) {
            return new Place(environment, input, person);
        }

        CommandRun run(String... args) {
            Shell shell = new Shell(
                    environment, new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)), "alice", terminal);
            StringWriter out = new StringWriter();
            StringWriter err = new StringWriter();
            CommandLine program = Main.commandLine(shell)
                    .setOut(new PrintWriter(out))
                    .setErr(new PrintWriter(err))
                    .setColorScheme(CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF));
            int exit = program.execute(Main.withCommand(args));
            return new CommandRun(exit, out.toString(), err.toString());
        }
    }

    JsonObject object() {
        return new JsonObject(out);
    }

    JsonArray array() {
        return new JsonArray(out);
    }
}
