package io.portcullis;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The rooms of the house, and who may enter which. */
class HouseRulesTest {

    private static final String ROOT = "io.portcullis";

    /** Room → the rooms it may import. What is not listed here is not a room. */
    private static final Map<String, List<String>> MAY_IMPORT = Map.ofEntries(
            Map.entry("accounts", List.of("auth", "bus", "cache", "config")),
            Map.entry("auth", List.of()),
            Map.entry("bus", List.of()),
            Map.entry("config", List.of("auth", "ratelimit")),
            Map.entry("ratelimit", List.of("auth", "bus", "cache")),
            Map.entry("cache", List.of("bus")),
            Map.entry("database", List.of()),
            Map.entry("embedded", List.of()),
            Map.entry("freshness", List.of("auth", "bus", "cache", "database")),
            Map.entry("registry", List.of("auth", "bus", "cache", "database", "freshness")),
            Map.entry("source", List.of("auth", "bus", "database")),
            Map.entry("events", List.of("bus", "cache", "source")),
            Map.entry("upstream", List.of("bus", "cache")),
            Map.entry("sync", List.of("auth", "bus", "cache", "database", "source")),
            Map.entry("usage", List.of("cache", "database", "registry")),
            Map.entry("ingress", List.of("auth", "bus", "ratelimit", "registry")),
            Map.entry("management", List.of("accounts", "auth", "bus")));

    private static final JavaClasses OURS = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages(ROOT);

    @Test
    void everyRoomIsListedHere() {
        Set<String> rooms = OURS.stream()
                .map(type -> type.getPackageName())
                .filter(name -> !name.equals(ROOT))
                .map(name -> name.substring(ROOT.length() + 1))
                .collect(Collectors.toCollection(TreeSet::new));

        assertThat(rooms).isEqualTo(new TreeSet<>(MAY_IMPORT.keySet()));
    }

    @ParameterizedTest
    @MethodSource("rooms")
    void aRoomImportsOnlyWhatItMay(String room) {
        List<String> allowed = new ArrayList<>();
        allowed.add(inside(room));
        MAY_IMPORT.getOrDefault(room, List.of()).forEach(other -> allowed.add(inside(other)));

        noClasses()
                .that(resideInAPackage(inside(room)))
                .should()
                .dependOnClassesThat(
                        resideInAPackage(ROOT + "..").and(resideOutsideOfPackages(allowed.toArray(String[]::new))))
                .check(OURS);
    }

    @Test
    void thereAreNoCycles() {
        slices().matching(ROOT + ".(*)..").should().beFreeOfCycles().check(OURS);
    }

    @Test
    void authIsPure() {
        noClasses()
                .that(resideInAPackage(inside("auth")))
                .should()
                .dependOnClassesThat(resideInAnyPackage("io.vertx..", "java.net..", "java.nio.file..", "java.sql.."))
                .check(OURS);
    }

    @Test
    void onlyTheEmbeddedRoomStartsProcesses() {
        noClasses()
                .that(resideOutsideOfPackages(inside("embedded")))
                .should()
                .dependOnClassesThat()
                .areAssignableTo(ProcessBuilder.class)
                .check(OURS);
    }

    static Set<String> rooms() {
        return new TreeSet<>(MAY_IMPORT.keySet());
    }

    private static String inside(String room) {
        return ROOT + "." + room + "..";
    }
}
