package io.portcullis;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

@Command(
        name = "completion",
        description = "Prints a completion script for bash and zsh, for a command called portcullis.",
        footer = {
            "",
            "For example:",
            "  alias portcullis='java -jar /path/to/portcullis.jar'",
            "  source <(portcullis completion)"
        })
final class CompletionCommand implements Callable<Integer> {

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        out.print(AutoComplete.bash("portcullis", spec.root().commandLine()));
        out.flush();
        return ExitCode.OK;
    }
}
