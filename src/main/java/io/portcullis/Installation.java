package io.portcullis;

import io.portcullis.auth.Pepper;
import io.portcullis.auth.Peppers;
import io.portcullis.config.GatewayConfig;
import io.portcullis.config.PostgresUrl;
import io.portcullis.config.RedisUrl;
import io.portcullis.config.Secret;
import io.portcullis.embedded.EmbeddedServers;
import io.portcullis.embedded.RunFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a command works on: the servers that the configuration names, or those of a gateway that runs with embedded ones. No command starts
 * any.
 *
 * @param secrets folder that holds what the configuration leaves out; null where it may leave nothing out
 */
record Installation(
        GatewayConfig config,
        PostgresUrl postgres,
        RedisUrl redis,
        @Nullable Path secrets) {

    private static final String PEPPER = "pepper";

    /**
     * @param data folder of the gateway that is meant; null for the configured one
     * @throws CommandException there is none, or it cannot be told which one is meant
     */
    static Installation find(GatewayConfig config, @Nullable Path data) throws CommandException {
        PostgresUrl postgres = config.postgres().url();
        RedisUrl redis = config.redis().target();
        if (postgres == null || redis == null) {
            return running(config, data == null ? config.embedded().data() : data);
        }
        refuseBoth(config, data);
        return new Installation(config, postgres, redis, null);
    }

    /** The way to the same database that keeps a session, for migrations. */
    PostgresUrl direct() {
        PostgresUrl configured = config.postgres().listen();
        return configured == null ? postgres : configured;
    }

    /** @throws CommandException there is none yet, or it cannot be read */
    Pepper pepper() throws CommandException {
        return pepper(config.auth().pepper(), secrets);
    }

    /** @throws CommandException as for {@link #pepper()} */
    Peppers peppers() throws CommandException {
        return Reach.peppers(config.auth(), pepper());
    }

    /** The pepper of an installation, whether or not its gateway runs. */
    static Pepper pepper(GatewayConfig config, @Nullable Path data) throws CommandException {
        refuseBoth(config, data);
        return pepper(
                config.auth().pepper(),
                EmbeddedServers.secretsFolder(data == null ? config.embedded().data() : data));
    }

    static void refuseBoth(GatewayConfig config, @Nullable Path data) throws CommandException {
        if (config.postgres().url() != null && data != null) {
            throw new CommandException("--data means the gateway with embedded servers on " + data
                    + ", but the configuration names " + config.postgres().url() + ": leave out one of the two");
        }
    }

    private static Installation running(GatewayConfig config, Path data) throws CommandException {
        RunFile run = runFile(data, "");
        return new Installation(
                config, PostgresUrl.parse(run.postgres()), RedisUrl.parse(run.redis()), Path.of(run.secrets()));
    }

    /**
     * What the gateway on that folder has written of itself.
     *
     * @param otherwise what else somebody may do who has none there; ends with a blank, or is empty
     */
    static RunFile runFile(Path data, String otherwise) throws CommandException {
        Optional<RunFile> found;
        try {
            found = RunFile.read(data);
        } catch (IOException e) {
            throw new CommandException("it cannot be told whether a gateway runs on " + data + " (" + e + ")", e);
        }
        return found.orElseThrow(() -> new CommandException("no gateway runs on " + data
                + ": start it first (run), name its folder with --data DIR, " + otherwise
                + "or say where PostgreSQL and Redis are with --config FILE or the environment"));
    }

    private static Pepper pepper(@Nullable Secret configured, @Nullable Path secrets) throws CommandException {
        if (configured != null) {
            return new Pepper(configured.reveal());
        }
        if (secrets == null) {
            throw new CommandException("auth.pepper is missing");
        }
        Path file = secrets.resolve(PEPPER);
        try {
            String text = Files.readString(file).stripTrailing();
            if (text.isEmpty()) {
                throw new CommandException("the secret file " + file + " is empty");
            }
            return new Pepper(text);
        } catch (NoSuchFileException e) {
            throw new CommandException(
                    "there is no pepper in " + secrets + ": the first start of the gateway makes one (run);"
                            + " or set auth.pepper, or name another folder with --data DIR",
                    e);
        } catch (IOException e) {
            throw new CommandException("the pepper cannot be read (" + e + "): be the user that runs the gateway", e);
        }
    }
}
