package io.portcullis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** "Ten minutes as an operator" of the README, command for command. */
@Timeout(60)
class OperatorStoryIT {

    @Test
    void theStoryOfTheReadmeHappensAsItIsTold() throws Exception {
        try (TestGateway gateway = TestGateway.start(Map.of())) {
            CommandRun.Place operator = gateway.commands();

            run(operator, "client", "create", "--code", "acme", "--pending", "--no-key");
            run(operator, "client", "list", "--status", "PENDING");
            run(operator, "client", "approve", "acme", "--reason", "contract 17", "--wait");
            String key = key(run(operator, "key", "create", "--client", "acme", "--name", "first", "--wait"));
            assertThat(status(gateway, key)).isEqualTo(200);

            String suspended = run(operator, "client", "suspend", "acme", "--reason", "unpaid", "--wait");
            assertThat(suspended).contains("SUSPENDED", "applied by the one node there is");
            assertThat(status(gateway, key)).isEqualTo(403);
            run(operator, "client", "reactivate", "acme", "--wait");
            assertThat(status(gateway, key)).isEqualTo(200);

            String prefix = operator.run("key", "list", "--client", "acme", "--json")
                    .array()
                    .getJsonObject(0)
                    .getString("prefix");
            assertThat(key).startsWith(prefix);
            String rotated = run(operator, "key", "rotate", prefix, "--client", "acme", "--grace", "2s", "--wait");
            String successor = key(rotated);
            assertThat(status(gateway, successor)).isEqualTo(200);
            assertThat(status(gateway, key)).as("within its grace").isEqualTo(200);
            await().atMost(Duration.ofSeconds(20)).until(() -> status(gateway, key) == 401);
            assertThat(status(gateway, successor)).isEqualTo(200);

            run(operator, "client", "revoke", "acme", "--reason", "left", "--wait");
            assertThat(status(gateway, successor)).isEqualTo(401);

            String audit = run(operator, "audit", "--client", "acme");
            assertThat(audit.lines().skip(1).map(line -> line.split(" +", 4)[2]))
                    .containsExactly(
                            "client.revoke",
                            "key.rotated",
                            "client.reactivate",
                            "client.suspend",
                            "key.created",
                            "client.approve",
                            "client.registered");
            assertThat(audit)
                    .contains("cli:alice", "contract 17", "unpaid", "left")
                    .doesNotContain(key, successor);
        }
    }

    private static String run(CommandRun.Place operator, String... words) {
        CommandRun run = operator.run(words);
        assertThat(run.exit()).as(run.err()).isZero();
        assertThat(run.err()).isEmpty();
        return run.out();
    }

    private static String key(String shown) {
        Matcher line = Pattern.compile("(?m)^Key +(pk_live_\\S+)$").matcher(shown);
        assertThat(line.find()).as(shown).isTrue();
        return line.group(1);
    }

    private static int status(TestGateway gateway, String key) throws Exception {
        return gateway.withKey(key).statusCode();
    }
}
