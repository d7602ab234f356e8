package io.portcullis;

import io.portcullis.config.ConfigException;
import io.portcullis.config.Fault;
import io.portcullis.config.LoadedConfig;
import io.portcullis.config.Setting;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;

@Command(name = "config", description = "Checks and shows the configuration.")
final class ConfigCommands {

    private final Shell shell;

    ConfigCommands(Shell shell) {
        this.shell = shell;
    }

    @Command(description = "Says OK, or all that is wrong, one fault a line.")
    int check(@Mixin ConfigOption configuration, @Mixin Output output) {
        try {
            configuration.load(shell);
        } catch (ConfigException e) {
            if (!output.asJson()) {
                throw e;
            }
            output.json(verdict(e.faults()));
            return ExitCode.SOFTWARE;
        }
        if (output.asJson()) {
            output.json(verdict(List.of()));
        } else {
            output.text("OK");
        }
        return ExitCode.OK;
    }

    @Command(description = "Shows every key with its effective value and where that comes from; secrets are masked.")
    int show(@Mixin ConfigOption configuration, @Mixin Output output) {
        LoadedConfig loaded = configuration.load(shell);
        if (output.asJson()) {
            JsonArray settings = new JsonArray();
            loaded.settings().forEach(setting -> settings.add(json(setting)));
            output.json(settings);
        } else {
            output.text(loaded.render());
        }
        return ExitCode.OK;
    }

    private static JsonObject verdict(List<Fault> faults) {
        JsonArray list = new JsonArray();
        for (Fault fault : faults) {
            list.add(new JsonObject()
                    .put("where", fault.where())
                    .put("path", fault.path())
                    .put("value", fault.value())
                    .put("problem", fault.problem()));
        }
        return new JsonObject().put("ok", faults.isEmpty()).put("faults", list);
    }

    private static JsonObject json(Setting setting) {
        List<String> shown = setting.shown();
        Object value = null;
        if (shown != null) {
            value = setting.list() ? new JsonArray(shown) : shown.get(0);
        }
        return new JsonObject().put("path", setting.path()).put("value", value).put("source", setting.source());
    }
}
