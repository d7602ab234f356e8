package io.portcullis;

import java.io.Console;
import java.lang.reflect.InvocationTargetException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The program: {@code run} when nothing else is asked for. */
@Command(
        name = "portcullis",
        description = "Authentication gateway: who calls, and may they.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        synopsisSubcommandLabel = "[COMMAND]",
        subcommands = {RunCommand.class})
public final class Main implements Runnable {

    @Spec
    private @Nullable CommandSpec spec;

    private Main() {}

    /** Exit codes: 0 done, 1 failed, 2 the command line was wrong. */
    public static void main(String[] args) {
        boolean runs = args.length == 0 || args[0].equals("run");
        prepareLogging(runs);
        System.exit(commandLine().execute(args.length == 0 ? new String[] {"run"} : args));
    }

    static CommandLine commandLine() {
        return new CommandLine(new Main()).setExecutionExceptionHandler((failure, command, parsed) -> {
            command.getErr().println(command.getColorScheme().errorText(Failures.text(failure)));
            return CommandLine.ExitCode.SOFTWARE;
        });
    }

    @Override
    public void run() {
        if (spec != null) {
            spec.commandLine().usage(spec.commandLine().getOut());
        }
    }

    /** Before the first logger is made: text where a person reads along, JSON elsewhere; out of the way of a command's own output. */
    private static void prepareLogging(boolean runs) {
        // Logback reads these; what somebody set by -D stays.
        setDefault("portcullis.log.format", isTerminal() ? "text" : "json");
        setDefault("portcullis.log.target", runs ? "System.out" : "System.err");
        setDefault("portcullis.log.level", runs ? "INFO" : "WARN");
        // Neither is used, and each costs something for every request.
        setDefault("vertx.disableWebsockets", "true");
        setDefault("vertx.disableContextTimings", "true");
    }

    private static void setDefault(String property, String value) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, value);
        }
    }

    /** Since JDK 22 there is a console without a terminal, too, and a method that tells. */
    @SuppressWarnings("SystemConsoleNull") // the rest of the method is about just that
    private static boolean isTerminal() {
        Console console = System.console();
        if (console == null) {
            return false;
        }
        try {
            return (boolean) Console.class.getMethod("isTerminal").invoke(console);
        } catch (NoSuchMethodException e) {
            return true;
        } catch (IllegalAccessException | InvocationTargetException e) {
            return false;
        }
    }

    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = Main.class.getPackage().getImplementationVersion();
            return new String[] {"portcullis " + (version == null ? "development" : version)};
        }
    }
}
