package io.portcullis.ingress;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The files in {@code conf} that no proxy of this machine reads name every header that is the gateway's to set. */
class FrontEndFilesTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "nginx/portcullis-location.conf",
                "traefik/portcullis.yaml",
                "envoy/portcullis.yaml",
                "haproxy/portcullis.lua",
                "caddy/Caddyfile"
            })
    void everyNameIsReplaced(String file) throws IOException {
        String text = text(file);
        for (String name : names()) {
            assertThat(text).as(file).containsIgnoringCase(name);
        }
        assertThat(text).containsIgnoringCase("X-API-Key").containsIgnoringCase("Authorization");
    }

    /** Traefik passes both on, and takes no pattern. */
    @Test
    void traefikDropsEverySpellingThatAnUpstreamMightTakeForTheName() throws IOException {
        String text = text("traefik/portcullis.yaml");
        for (String name : names()) {
            spellings(name, "_.")
                    .forEach(spelling ->
                            assertThat(text).as("customRequestHeaders").contains("          " + spelling + ": \"\"\n"));
        }
    }

    /** Envoy drops names with an underscore by a setting, those with a dot by their names. */
    @Test
    void envoyDropsEverySpellingThatAnUpstreamMightTakeForTheName() throws IOException {
        String text = text("envoy/portcullis.yaml");
        assertThat(text).contains("headers_with_underscores_action: DROP_HEADER");
        for (String name : names()) {
            spellings(name, ".")
                    .forEach(spelling ->
                            assertThat(text).as("request_headers_to_remove").contains("- " + spelling + "\n"));
        }
    }

    private static String text(String file) throws IOException {
        return Files.readString(Path.of("conf").resolve(file));
    }

    private static List<String> names() {
        return Stream.concat(Identity.NAMES.stream().map(CharSequence::toString), Stream.of("x-request-id"))
                .map(name -> name.toLowerCase(Locale.ROOT))
                .toList();
    }

    /** All but the name itself, with any of these in the place of any dash. */
    static List<String> spellings(String name, String instead) {
        List<String> all = new ArrayList<>(List.of(""));
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            List<String> longer = new ArrayList<>();
            for (String start : all) {
                longer.add(start + c);
                if (c == '-') {
                    instead.chars().forEach(other -> longer.add(start + (char) other));
                }
            }
            all = longer;
        }
        all.remove(name);
        return all;
    }
}
