package io.portcullis;

import java.io.Console;
import java.io.PrintWriter;
import java.lang.reflect.InvocationTargetException;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The program: {@code run} when nothing else is asked for. */
@Command(
        name = "portcullis",
        description = "Authentication gateway: who calls, and may they.",
        scope = CommandLine.ScopeType.INHERIT,
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        synopsisSubcommandLabel = "[COMMAND]")
public final class Main {

    private static final Set<String> ABOUT = Set.of("-h", "--help", "-V", "--version");

    private Main() {}

    /** Exit codes: 0 done, 1 failed, 2 the command line was wrong. */
    public static void main(String[] args) {
        String[] words = withCommand(args);
        Console terminal = terminal();
        prepare(words[0].equals("run"), terminal != null);
        System.exit(commandLine(shell(terminal)).execute(words));
    }

    /**
     * The program inside another one: the process goes on, and nobody is asked anything. For commands that end, one at a time. Worth
     * keeping: making it takes longer than most commands.
     *
     * @param out what a command was asked for
     * @param err all else
     * @return whose {@code execute} takes the words and returns what the program's exit code would have been
     */
    public static CommandLine commands(PrintWriter out, PrintWriter err) {
        prepare(false, false);
        return commandLine(shell(null)).setOut(out).setErr(err);
    }

    /** What was typed, with {@code run} in front where no command was named. */
    static String[] withCommand(String[] args) {
        boolean named = args.length > 0 && (!args[0].startsWith("-") || ABOUT.contains(args[0]));
        return named
                ? args
                : Stream.concat(Stream.of("run"), Arrays.stream(args)).toArray(String[]::new);
    }

    static CommandLine commandLine(Shell shell) {
        CommandLine client = new CommandLine(new ClientCommands(shell));
        client.addSubcommand(new ClientCreateCommand(shell))
                .addSubcommand(new ClientChangeCommand(shell))
                .addSubcommand(new ClientImportCommand(shell))
                .addSubcommand(new ClientExportCommand(shell));
        CommandLine key = new CommandLine(new KeyCommands(shell));
        key.addSubcommand(new KeyCreateCommand(shell))
                .addSubcommand(new KeyListCommand(shell))
                .addSubcommand(new KeyRotateCommand(shell))
                .addSubcommand(new KeyRevokeCommand(shell));
        CommandLine events = new CommandLine(new EventCommands());
        events.addSubcommand(new DeadLetterCommands(shell));
        return new CommandLine(new Main())
                .addSubcommand(new RunCommand(shell))
                .addSubcommand(new ConfigCommands(shell))
                .addSubcommand(new DatabaseCommands(shell))
                .addSubcommand("client", client)
                .addSubcommand("key", key)
                .addSubcommand(new TokenCommands(shell))
                .addSubcommand(new AuditCommand(shell))
                .addSubcommand(new ExplainCommand(shell))
                .addSubcommand(new StatsCommand(shell))
                .addSubcommand(new LimitCommands(shell))
                .addSubcommand("events", events)
                .addSubcommand(new SyncCommands(shell))
                .addSubcommand(new CompletionCommand())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExecutionExceptionHandler((failure, command, parsed) -> {
                    command.getErr().println(Failures.text(failure));
                    return CommandLine.ExitCode.SOFTWARE;
                });
    }

    private static Shell shell(@Nullable Console terminal) {
        String user = System.getProperty("user.name", "unknown");
        return new Shell(System.getenv(), System.in, user, terminal == null ? null : new ConsoleTerminal(terminal));
    }

    /** The person at the terminal. */
    private record ConsoleTerminal(Console console) implements Shell.Terminal {

        @Override
        public @Nullable String ask(String question) {
            return console.readLine("%s", question);
        }

        @Override
        public char @Nullable [] askSecret(String question) {
            return console.readPassword("%s", question);
        }
    }

    /**
     * What is read once, by the first logger and the first event loop. Logs: text where a person reads along, JSON elsewhere; out of the
     * way of a command's own output.
     */
    private static void prepare(boolean runs, boolean terminal) {
        // Logback reads these; what somebody set by -D stays.
        setDefault("portcullis.log.format", terminal ? "text" : "json");
        setDefault("portcullis.log.target", runs ? "System.out" : "System.err");
        setDefault("portcullis.log.level", runs ? "INFO" : "WARN");
        // Neither is used, and each costs something for every request.
        setDefault("vertx.disableWebsockets", "true");
        setDefault("vertx.disableContextTimings", "true");
        // One who has a connection by TLS 1.2 may otherwise have us do handshakes on it without end (CVE-2011-1473).
        setDefault("jdk.tls.rejectClientInitiatedRenegotiation", "true");
        if (!runs) {
            // The JDK looks up the one or two names of a command as well, and is there already.
            setDefault("vertx.disableDnsResolver", "true");
        }
    }

    private static void setDefault(String property, String value) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, value);
        }
    }

    /**
     * The console of a person, null where there is none. Since JDK 22 there is a console without a terminal, too, and a method that
     * tells.
     */
    @SuppressWarnings("SystemConsoleNull") // the rest of the method is about just that
    private static @Nullable Console terminal() {
        Console console = System.console();
        if (console == null) {
            return null;
        }
        try {
            return (boolean) Console.class.getMethod("isTerminal").invoke(console) ? console : null;
        } catch (NoSuchMethodException e) {
            return console;
        } catch (IllegalAccessException | InvocationTargetException e) {
            return null;
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
