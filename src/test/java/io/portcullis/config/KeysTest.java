package io.portcullis.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The table of keys against what is made of it. */
class KeysTest {
    private static final Path SHIPPED = Path.of("conf/gateway.yaml");

    @Test
    void theShippedFileIsTheTable() throws IOException {
        // To renew it: write ConfigLoader.template() to the file.
        assertThat(SHIPPED).hasContent(ConfigLoader.template());
        for (Key<?> key : Keys.all()) {
            assertThat(Files.readString(SHIPPED)).contains("  " + key.name() + ": ");
        }
    }

    @Test
    void theShippedFileLoadsToTheDefaults() {
        assertThat(ConfigLoader.load(SHIPPED, Map.of()).config())
                .isEqualTo(ConfigLoader.load(null, Map.of()).config());
    }

    @Test
    void everyKeyWithADefaultIsSetByTheShippedFile() {
        ConfigLoader.load(SHIPPED, Map.of())
                .settings()
                .forEach(setting -> assertThat(setting.source())
                        .as(setting.path())
                        .startsWith(setting.shown() == null ? "default" : SHIPPED.toString()));
    }

    @Test
    void everyKeyIsSetByItsOwnVariable() {
        assertThat(Keys.byVariable()).hasSameSizeAs(Keys.all());
        for (Key<?> key : Keys.all()) {
            Map<String, String> environment = Map.of(key.variable(), "\u0001");
            assertThat(refused(environment)).as(key.variable()).contains(key.variable() + ": " + key.path());
        }
    }

    @Test
    void theRangesInTheTableAreThoseOfTheRecords() {
        Pattern range = Pattern.compile("(?<min>[0-9]\\w*) to (?<max>[0-9]\\w*)");
        for (Key<?> key : Keys.all()) {
            Matcher form = range.matcher(key.form());
            if (form.find() && key.initial() != null) {
                String beyond = key.type().equals(Type.SIZE) ? "999999999GB" : "999999999";
                assertThat(refused(Map.of(key.variable(), beyond)))
                        .as(key.path())
                        .containsPattern(
                                "between " + form.group("min") + "( \\(a free one\\))? and " + form.group("max"));
            }
        }
    }

    @Test
    void everySectionIsDescribedAndHasKeys() {
        for (String section : Keys.sections().keySet()) {
            assertThat(Keys.all()).anyMatch(key -> key.path().startsWith(section + "."));
        }
        assertThat(Keys.all())
                .allMatch(key -> Keys.sections()
                        .containsKey(key.path().substring(0, key.path().lastIndexOf('.'))));
    }

    private static String refused(Map<String, String> environment) {
        ConfigException refused =
                catchThrowableOfType(ConfigException.class, () -> ConfigLoader.load(null, environment));
        return String.valueOf(
                Objects.requireNonNull(refused, environment + " was accepted").getMessage());
    }
}
