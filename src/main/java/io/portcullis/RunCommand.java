package io.portcullis;

import ch.qos.logback.classic.LoggerContext;
import io.portcullis.config.ConfigSource;
import io.portcullis.config.GatewayConfig;
import io.portcullis.embedded.EmbeddedException;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

@Command(
        name = "run",
        description =
                "Runs the gateway until it is told to stop (SIGTERM, SIGINT). Without a command this one is meant.")
final class RunCommand implements Callable<Integer> {

    private static final Logger log = LoggerFactory.getLogger(RunCommand.class);

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Mixin
    private final ConfigOption configuration = new ConfigOption();

    private final Shell shell;

    RunCommand(Shell shell) {
        this.shell = shell;
    }

    @Override
    public Integer call() throws Exception {
        ConfigSource source = configuration.source(shell);
        // Who closes a terminal means to end what runs in it; elsewhere SIGHUP is a supervisor's word for "reload".
        ConfigWatch.Watched watched = ConfigWatch.Watched.load(source, shell.terminal() == null);
        GatewayConfig config = watched.loaded().config();
        Gateway gateway = start(watched, source.file() != null);
        CountDownLatch stopped = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(gateway, stopped), "shutdown"));
        Welcome.print(gateway, config, gateway.demoKey(), spec.commandLine().getOut());
        stopped.await();
        return 0;
    }

    private static Gateway start(ConfigWatch.Watched watched, boolean hasFile)
            throws EmbeddedException, StartException, CommandException {
        try {
            return hasFile
                    ? Gateway.start(watched)
                    : Gateway.start(watched.loaded().config());
        } catch (StartException e) {
            log.error("event=gateway.start_failed reason=\"{}\"", Failures.text(e));
            if (Failures.text(e).contains("Address already in use")) {
                throw new CommandException(e.getMessage()
                        + ": the port is in use; stop what listens there, or choose another one (server.port,"
                        + " management.port; 0 takes a free one)");
            }
            throw e;
        }
    }

    /**
     * A drained stop is a success, and says so: the exit code would be 143 (128 + SIGTERM) if the virtual machine went on to end by itself.
     * Everything that needs an orderly end has had it by then.
     */
    private static void stop(Gateway gateway, CountDownLatch stopped) {
        gateway.close();
        stopped.countDown();
        if (LoggerFactory.getILoggerFactory() instanceof LoggerContext logging) {
            logging.stop();
        }
        Runtime.getRuntime().halt(0);
    }
}
