package io.portcullis;

import ch.qos.logback.classic.LoggerContext;
import io.portcullis.config.ConfigLoader;
import io.portcullis.config.GatewayConfig;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "run",
        description = "Runs the gateway until it is told to stop (SIGTERM, SIGINT).",
        mixinStandardHelpOptions = true)
final class RunCommand implements Callable<Integer> {

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Option(
            names = {"-c", "--config"},
            paramLabel = "FILE",
            description = "Configuration; without it, defaults and the environment.")
    private @Nullable Path file;

    @Override
    public Integer call() throws Exception {
        GatewayConfig config = ConfigLoader.load(file, System.getenv()).config();
        Gateway gateway = Gateway.start(config);
        CountDownLatch stopped = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(gateway, stopped), "shutdown"));
        Welcome.print(gateway, config, gateway.demoKey(), spec.commandLine().getOut());
        stopped.await();
        return 0;
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
