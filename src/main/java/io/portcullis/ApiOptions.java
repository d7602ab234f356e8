package io.portcullis;

import io.portcullis.config.GatewayConfig;
import io.portcullis.config.Secret;
import io.portcullis.embedded.EmbeddedServers;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * {@code --api}, {@code --config} and {@code --data}: whose management port a command talks to. The token is never an argument: others on the
 * machine can read those.
 */
final class ApiOptions {

    static final String TOKEN = "PORTCULLIS_API_TOKEN";

    @Mixin
    private final ConfigOption configuration = new ConfigOption();

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "Data folder of a running gateway with embedded servers; without it, embedded.data (./data).")
    private @Nullable Path data;

    @Option(
            names = "--api",
            paramLabel = "URL",
            description = "Management port of the gateway, if not that of this installation; with the token in " + TOKEN
                    + ".")
    private @Nullable String api;

    /**
     * @throws CommandException there is no gateway to talk to, and what to do
     * @throws io.portcullis.config.ConfigException the configuration cannot be used
     */
    ManagementClient open(Shell shell) throws CommandException {
        String text = shell.environment().get(TOKEN);
        Secret token = text == null || text.isBlank() ? null : new Secret(text.strip());
        ApiAddress address;
        if (api == null) {
            address = ApiAddress.of(configuration.load(shell).config(), data, token);
        } else {
            address = new ApiAddress(url(api), token == null ? known(shell, api) : token);
        }
        return new ManagementClient(address, Seen.actor(shell));
    }

    /** Nodes of one installation share the configured token; what an embedded one has made goes to nobody else unasked. */
    private Secret known(Shell shell, String url) throws CommandException {
        GatewayConfig config = configuration.load(shell).config();
        Secret configured = config.management().token();
        if (configured != null) {
            return configured;
        }
        if (data != null) {
            return ApiAddress.made(EmbeddedServers.secretsFolder(data));
        }
        throw new CommandException("there is no token for " + url + ": put one into the environment, as " + TOKEN
                + ", or name --data DIR");
    }

    private static URI url(String text) throws CommandException {
        try {
            URI url = new URI(text.endsWith("/") ? text.substring(0, text.length() - 1) : text);
            boolean web = "http".equalsIgnoreCase(url.getScheme()) || "https".equalsIgnoreCase(url.getScheme());
            if (web && url.getHost() != null && url.getUserInfo() == null && url.getRawQuery() == null) {
                return url;
            }
        } catch (URISyntaxException e) {
            // As for one that is another kind of URL.
        }
        throw new CommandException("--api is a URL such as https://gateway.example:9091, without a token in it");
    }
}
