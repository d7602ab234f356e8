package io.portcullis;

import io.vertx.core.json.JsonObject;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(name = "limits", description = "Rate limits, by the management API of a running gateway.")
final class LimitCommands {

    private static final String SUBJECT =
            "client:ID, ip:ADDRESS, key:ID, tenant:NAME; of a policy by several: ip+client:ADDRESS+ID.";

    private final Shell shell;

    LimitCommands(Shell shell) {
        this.shell = shell;
    }

    @Command(description = "Shows how the limits of a subject stand.")
    int show(
            @Parameters(paramLabel = "SUBJECT", description = SUBJECT) String subject,
            @Mixin ApiOptions options,
            @Mixin Output output)
            throws CommandException {
        JsonObject stands = options.open(shell).get(path(subject));
        if (output.asJson()) {
            output.json(stands);
            return ExitCode.OK;
        }
        TextTable table = new TextTable()
                .row("POLICY", "MODE", "QUOTA", "WINDOW MS", "LEFT", "NEXT IN MS", "FULL IN MS", "LEASED");
        for (JsonObject stand : ManagementClient.objects(stands, "limits")) {
            long leased = ManagementClient.objects(stand, "leases").stream()
                    .mapToLong(lease -> lease.getLong("tokens"))
                    .sum();
            table.row(
                    stand.getString("policy") + (stand.getBoolean("shadow") ? " (shadow)" : ""),
                    stand.getValue("mode"),
                    stand.getValue("quota"),
                    stand.getValue("window_ms"),
                    stand.getValue("left"),
                    stand.getValue("next_in_ms"),
                    stand.getValue("full_in_ms"),
                    leased);
        }
        output.text(table.render());
        return ExitCode.OK;
    }

    @Command(description = "Resets the limits of a subject, as if nobody had called.")
    int reset(
            @Parameters(paramLabel = "SUBJECT", description = SUBJECT) String subject,
            @Mixin ApiOptions options,
            @Mixin Output output)
            throws CommandException {
        JsonObject reset = options.open(shell).delete(path(subject), ManagementClient.LIMIT);
        if (output.asJson()) {
            output.json(reset);
        } else {
            output.text(new TextTable()
                    .row("Subject", reset.getValue("subject"))
                    .row("Limits reset", reset.getValue("limits"))
                    .render());
        }
        return ExitCode.OK;
    }

    private static String path(String subject) {
        return "/limits/" + URLEncoder.encode(subject, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
