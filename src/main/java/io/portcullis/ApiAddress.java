package io.portcullis;

import io.portcullis.config.GatewayConfig;
import io.portcullis.config.ManagementConfig;
import io.portcullis.config.Secret;
import io.portcullis.embedded.RunFile;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where a management port is, and what to present there.
 *
 * @param url without a path, or with the one that a proxy has it behind
 */
record ApiAddress(URI url, Secret token) {

    private static final Set<String> ANY = Set.of("0.0.0.0", "::", "[::]", "*");
    private static final String MADE = "management-token";

    /**
     * That of the installation which the configuration means.
     *
     * @param data folder of the gateway that is meant; null for the configured one
     * @param given null for the installation's own
     */
    static ApiAddress of(GatewayConfig config, @Nullable Path data, @Nullable Secret given) throws CommandException {
        ManagementConfig management = config.management();
        if (config.usesEmbedded()) {
            RunFile run = Installation.runFile(
                    data == null ? config.embedded().data() : data, "its management port with --api URL, ");
            URI url = URI.create(run.management());
            if (url.getPort() == 0) {
                throw new CommandException(
                        "this gateway has no management port: set deployment.management.instances to 1, or name another one with --api URL");
            }
            Secret own = given == null ? management.token() : given;
            return new ApiAddress(url, own == null ? made(Path.of(run.secrets())) : own);
        }
        Installation.refuseBoth(config, data);
        Secret own = given == null ? management.token() : given;
        if (own == null) {
            throw new CommandException("management.token is missing");
        }
        if (management.port() == 0) {
            throw new CommandException(
                    "management.port is 0, and the gateway has taken a free one: name it with --api URL; its log has it");
        }
        return new ApiAddress(URI.create("http://" + host(management.host()) + ":" + management.port()), own);
    }

    /** The one that the first start with embedded servers has made. */
    static Secret made(Path secrets) throws CommandException {
        Path file = secrets.resolve(MADE);
        try {
            return new Secret(Files.readString(file).strip());
        } catch (IOException e) {
            throw new CommandException(
                    "the management token cannot be read (" + e + "): be the user that runs the gateway, or set "
                            + ApiOptions.TOKEN,
                    e);
        }
    }

    private static String host(String listening) {
        if (ANY.contains(listening)) {
            return "127.0.0.1";
        }
        return listening.contains(":") && !listening.startsWith("[") ? "[" + listening + "]" : listening;
    }
}
