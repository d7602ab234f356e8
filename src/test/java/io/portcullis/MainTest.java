package io.portcullis;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.auth.Pepper;
import io.portcullis.auth.Peppers;
import io.portcullis.auth.SecretHash;
import io.portcullis.auth.SlowHash;
import io.vertx.core.json.JsonObject;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The command line without any server. */
class MainTest {

    private static final String PEPPER = "a pepper that is long enough for this";

    /** Servers that no test of this class reaches. */
    private static final Map<String, String> SERVERS = Map.of(
            "PORTCULLIS_POSTGRES_URL", "postgresql://user:planted-password@127.0.0.1:1/db",
            "PORTCULLIS_REDIS_URL", "redis://127.0.0.1:1/0",
            "PORTCULLIS_AUTH_PEPPER", PEPPER,
            "PORTCULLIS_MANAGEMENT_TOKEN", "a-token-that-is-long-enough",
            "PORTCULLIS_MANAGEMENT_PORT", "1");

    private final CommandRun.Place bare = new CommandRun.Place(Map.of());
    private final CommandRun.Place configured = new CommandRun.Place(SERVERS);

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    private Path folder;

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "-, run",
                "run, run",
                "--config x.yaml, run --config x.yaml",
                "-c x.yaml, run -c x.yaml",
                "client list, client list",
                "--help, --help",
                "-V, -V",
                "clint, clint"
            })
    void withoutACommandTheGatewayRuns(@Nullable String typed, String meant) {
        String[] args = typed == null ? new String[0] : typed.split(" ");

        assertThat(Main.withCommand(args)).containsExactly(meant.split(" "));
    }

    @Test
    void runInsideAnotherProgramItSaysThereWhatCameOfIt() {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();

        int exit = Main.commands(new PrintWriter(out), new PrintWriter(err)).execute("clint", "list");

        assertThat(exit).isEqualTo(2);
        assertThat(out.toString()).isEmpty();
        assertThat(err.toString()).contains("client");
    }

    @Test
    void anUnknownCommandIsMisuseAndNamesTheNearest() {
        CommandRun run = bare.run("clint", "list");

        assertThat(run.exit()).isEqualTo(2);
        assertThat(run.err()).contains("'clint'").contains("Did you mean: portcullis client");
        assertThat(run.out()).isEmpty();
    }

    @Test
    void anUnknownOptionWithoutACommandIsMisuse() {
        CommandRun run = bare.run("--confg", "x");

        assertThat(run.exit()).isEqualTo(2);
        assertThat(run.err()).contains("--confg").contains("--config");
    }

    @ParameterizedTest
    @ValueSource(strings = {"client", "config", "db", "key", "token"})
    void aGroupAloneIsMisuseAndShowsWhatThereIs(String group) {
        CommandRun run = bare.run(group);

        assertThat(run.exit()).isEqualTo(2);
        assertThat(run.err()).contains("Missing required subcommand").contains("Usage: portcullis " + group);
    }

    @ParameterizedTest
    @ValueSource(strings = {"--version", "client --version", "client show -V"})
    void everyCommandKnowsTheVersion(String line) {
        CommandRun run = bare.run(line.split(" "));

        assertThat(run.exit()).isZero();
        assertThat(run.out()).startsWith("portcullis ");
    }

    @Test
    void aSoundConfigurationIsOk() {
        assertThat(bare.run("config", "check")).isEqualTo(new CommandRun(0, "OK" + System.lineSeparator(), ""));
        assertThat(configured.run("config", "check", "--json").object())
                .isEqualTo(new JsonObject("{\"ok\":true,\"faults\":[]}"));
    }

    @Test
    void everyFaultOfAConfigurationIsALine() throws Exception {
        Path file = Files.writeString(folder.resolve("gateway.yaml"), "server:\n  prt: 1\n  host: 7 7\n");

        CommandRun run = bare.run("config", "check", "--config", file.toString());

        assertThat(run.exit()).isEqualTo(1);
        assertThat(run.out()).isEmpty();
        assertThat(run.err().lines())
                .hasSize(2)
                .anySatisfy(
                        line -> assertThat(line).contains("gateway.yaml:2:3").contains("server.port"))
                .anySatisfy(
                        line -> assertThat(line).contains("gateway.yaml:3:9").contains("server.host"));
    }

    @Test
    void faultsAreToldToPrograms() {
        CommandRun run = new CommandRun.Place(Map.of("PORTCULLIS_SERVER_PORT", "x")).run("config", "check", "--json");

        assertThat(run.exit()).isEqualTo(1);
        assertThat(run.object().getBoolean("ok")).isFalse();
        assertThat(run.object().getJsonArray("faults").getJsonObject(0).getString("path"))
                .isEqualTo("server.port");
        assertThat(run.err()).isEmpty();
    }

    @Test
    void theConfigurationIsShownWithSourcesAndWithoutSecrets() {
        CommandRun text = configured.run("config", "show");
        CommandRun json = configured.run("config", "show", "--json");

        assertThat(text.exit()).isZero();
        assertThat(text.out()).contains("PORTCULLIS_AUTH_PEPPER").doesNotContain(PEPPER, "planted-password");
        assertThat(json.out()).doesNotContain(PEPPER, "planted-password");
        assertThat(json.array())
                .contains(new JsonObject()
                        .put("path", "server.port")
                        .put("value", "8080")
                        .put("source", "default"))
                .contains(new JsonObject()
                        .put("path", "auth.pepper")
                        .put("value", "***")
                        .put("source", "PORTCULLIS_AUTH_PEPPER"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "client list",
                "client show x",
                "client suspend x",
                "client create --code x",
                "key list --client x",
                "token list",
                "audit",
                "db status",
                "db migrate",
                "db rollback --yes"
            })
    void withoutAGatewayACommandSaysWhatToDo(String line) {
        String data = folder.resolve("data").toString();
        String[] args = (line + " --data " + data).split(" ");

        CommandRun run = bare.run(args);

        assertThat(run.exit()).isEqualTo(1);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).startsWith("no gateway runs on " + data).contains("--config", "--data");
        assertThat(folder.resolve("data")).doesNotExist();
    }

    @Test
    void aFolderBesideConfiguredServersIsNotGuessedAbout() {
        CommandRun run = configured.run("client", "list", "--data", "x");

        assertThat(run.exit()).isEqualTo(1);
        assertThat(run.err()).contains("leave out one").doesNotContain("planted-password");
    }

    @Test
    void whereNobodyAnswersACommandSaysWhereAndWhatToDo() {
        CommandRun run = configured.run("client", "list");

        assertThat(run.exit()).isEqualTo(1);
        assertThat(run.out()).isEmpty();
        assertThat(run.err())
                .startsWith("nobody answers at http://127.0.0.1:1:")
                .contains("--api URL", "management.port")
                .doesNotContain("a-token-that-is-long-enough", "\tat ")
                .hasLineCount(1);
    }

    @Test
    void anotherGatewayIsNamedByItsUrlAndItsTokenIsNoArgument() {
        CommandRun.Place withToken = new CommandRun.Place(Map.of("PORTCULLIS_API_TOKEN", "planted-token"));

        assertThat(withToken
                        .run("client", "list", "--api", "https://127.0.0.1:1/behind/")
                        .err())
                .startsWith("nobody answers at https://127.0.0.1:1/behind:")
                .doesNotContain("planted-token");
        assertThat(bare.run("client", "list", "--api", "http://127.0.0.1:1").err())
                .contains("there is no token for http://127.0.0.1:1", "PORTCULLIS_API_TOKEN");
        for (String url : List.of("127.0.0.1:9091", "ftp://x", "http://token@x", "http://x?token=y")) {
            CommandRun run = withToken.run("client", "list", "--api", url);

            assertThat(run.exit()).isEqualTo(1);
            assertThat(run.err()).startsWith("--api is a URL").doesNotContain(url);
        }
        assertThat(withToken.run("config", "check").exit())
                .as("a gateway may be started beside it")
                .isZero();
    }

    @Test
    void aServerThatIsAwayIsADatabaseError() {
        CommandRun run = configured.run("key", "peppers");

        assertThat(run.exit()).isEqualTo(1);
        assertThat(run.err()).contains("(65011)").doesNotContain("planted-password", "\tat ");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--rate 0 | --rate is at least 1",
                "--rate many | --rate",
                "--allow 10.0.0.1/8 | the network is 10.0.0.0/8",
                "--allow example.org | expected networks",
                "--id 1-1-1-1-1 | --id is a UUID",
                "--env Live | an environment is 1 to 16 of a-z and 0-9",
                "--tenant ü | tenant_id is not safe in a header",
                "--scope a,b --scope= | scopes is not safe in a header"
            })
    void aClientThatCouldNotBeServedIsNotCreated(String options, String told) {
        CommandRun run = configured.run(("client create --code x " + options).split(" "));

        assertThat(run.exit()).isEqualTo(2);
        assertThat(run.err()).contains(told);
    }

    @Test
    void aClientNeedsACode() {
        assertThat(configured.run("client", "create").exit()).isEqualTo(2);
        assertThat(configured.run("client", "create", "--code", " ").exit()).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"--limit 0", "--limit 1001", "--after demo", "--status gone"})
    void aListHasBounds(String options) {
        assertThat(configured.run(("client list " + options).split(" ")).exit()).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "client change x",
                "client change x --rate 1 --unset rate",
                "client change x --unset nothing",
                "client change x --metadata []",
                "client suspend x --wait=11m",
                "client create --code x --no-key --name y",
                "key create --client x --expires tomorrow",
                "key create --client x --env Live",
                "key rotate y --client x --grace soon",
                "token create --name x --role king",
                "audit --client x --entity y",
                "audit --from yesterday",
                "explain --method GET",
                "explain --client x --key y",
                "explain --key pk_live_planted",
                "stats --minutes 0",
                "stats --top 101"
            })
    void whatIsWrongWithTheCommandLineIsSaidBeforeAnybodyIsAsked(String line) {
        CommandRun run = configured.run(line.split(" "));

        assertThat(run.exit()).as(run.err()).isEqualTo(2);
        assertThat(run.err()).doesNotContain("nobody answers").doesNotContain("pk_live_planted");
    }

    @Test
    void aSecretIsHashedFromStandardInput() {
        CommandRun run = bare.withInput("s3cret\n").run("key", "hash", "--kind", "sha256");

        // printf s3cret | sha256sum
        assertThat(run)
                .isEqualTo(new CommandRun(
                        0,
                        "sha256:1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0"
                                + System.lineSeparator(),
                        ""));
    }

    @Test
    void aSecretIsHashedSlowlyWithoutAPepper() {
        for (String kind : new String[] {"bcrypt", "argon2id"}) {
            CommandRun run = bare.withInput("s3cret").run("key", "hash", "--kind", kind);

            SlowHash hash = Objects.requireNonNull(SlowHash.parse(run.out().strip()));
            assertThat(hash.matches("s3cret")).isTrue();
            assertThat(hash.toString()).startsWith(kind);
        }
    }

    @Test
    void whatBcryptWouldNotReadIsRefused() {
        CommandRun run = bare.withInput("x".repeat(73)).run("key", "hash", "--kind", "bcrypt");

        assertThat(run.exit()).isEqualTo(1);
        assertThat(run.err()).contains("72 bytes");
    }

    @Test
    void aSecretIsHashedUnderTheConfiguredPepper() {
        CommandRun run = configured.withInput("s3cret").run("key", "hash", "--json");

        String hash = run.object().getString("client_secret_hash");
        assertThat(SecretHash.matches("s3cret", hash, Peppers.only(new Pepper(PEPPER))))
                .isTrue();
    }

    @Test
    void aSecretIsHashedUnderThePepperOfADataFolder() throws Exception {
        Files.createDirectories(folder.resolve("secrets"));
        Files.writeString(folder.resolve("secrets/pepper"), PEPPER + "\n");

        CommandRun run = bare.withInput("s3cret\r\n").run("key", "hash", "--data", folder.toString());

        assertThat(SecretHash.matches("s3cret", run.out().strip(), Peppers.only(new Pepper(PEPPER))))
                .isTrue();
    }

    @Test
    void aSecretBeyondAsciiIsHashedAsItsCallerSendsIt() {
        CommandRun run = configured.withInput("sécret").run("key", "hash");

        // What the gateway makes of the bytes of a Basic credential.
        String sent = new String("sécret".getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
        assertThat(SecretHash.matches(sent, run.out().strip(), Peppers.only(new Pepper(PEPPER))))
                .isTrue();
    }

    @Test
    void aPersonIsAskedForTheSecretWithoutEcho() {
        Shell.Terminal person = new Shell.Terminal() {
            @Override
            public @Nullable String ask(String question) {
                throw new AssertionError("with echo: " + question);
            }

            @Override
            public char[] askSecret(String question) {
                return "s3cret".toCharArray();
            }
        };

        CommandRun run = configured.withInput("other").withTerminal(person).run("key", "hash");

        assertThat(SecretHash.matches("s3cret", run.out().strip(), Peppers.only(new Pepper(PEPPER))))
                .isTrue();
    }

    @Test
    void aSecretIsNeverAnArgument() {
        CommandRun run = configured.run("key", "hash", "s3cret");

        assertThat(run.exit()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
    }

    @Test
    void whatIsNoSecretIsNotHashed() {
        assertThat(configured.withInput("\n").run("key", "hash").exit()).isEqualTo(2);
        assertThat(configured.withInput("one\ntwo\n").run("key", "hash").exit()).isEqualTo(1);
        assertThat(configured.withInput("x".repeat(8193)).run("key", "hash").exit())
                .isEqualTo(1);
    }

    @Test
    void withoutAPepperTheHashSaysWhatToDo() {
        CommandRun run = bare.withInput("s3cret").run("key", "hash", "--data", folder.toString());

        assertThat(run.exit()).isEqualTo(1);
        assertThat(run.err()).contains("there is no pepper").doesNotContain("s3cret");
    }

    @Test
    void aRollbackWithoutATerminalMustBeConfirmed() {
        CommandRun run = configured.run("db", "rollback");

        assertThat(run.exit()).isEqualTo(2);
        assertThat(run.err()).contains("--yes");
    }

    @Test
    void theCompletionScriptKnowsTheCommands() {
        CommandRun run = bare.run("completion");

        assertThat(run.exit()).isZero();
        assertThat(run.out()).startsWith("#!/usr/bin/env bash").contains("complete -F", " portcullis");
        for (String word : List.of(
                "suspend", "reactivate", "rollback", "--bap-uri", "hmac-sha256", "explain", "rotate", "OPERATOR")) {
            assertThat(run.out()).contains(word);
        }
    }
}
