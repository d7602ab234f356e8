package io.portcullis.load;

import io.portcullis.load.Pairs.Pair;
import io.portcullis.load.Pairs.Window;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The gateway against {@link BareServer}, in one run. Both are started once, warmed up, then measured by turns in short windows under the
 * same load. Each pair of windows gives one ratio, and the median of the ratios is the result: what disturbs the machine for longer than a
 * window disturbs both halves of a pair.
 */
@Command(
        name = "warm-cost.sh",
        sortOptions = false,
        description = "CPU per warm /auth request: the gateway against a bare Vert.x server.")
public final class WarmCost implements Callable<Integer> {

    private static final int EXIT_TOO_DEAR = 3;
    private static final Response SELF_CHECK_ANSWER = new Response(
            "HTTP/1.1 200 OK",
            List.of(
                    Map.entry("X-Client-Id", "00000000-0000-0000-0000-000000000000"),
                    Map.entry("X-Client-Code", "load-0000000"),
                    Map.entry("X-Tenant-Id", Seed.TENANT),
                    Map.entry("X-Key-Id", "00000000-0000-0000-0000-000000000000")),
            0);

    @Option(
            names = "--jar",
            paramLabel = "FILE",
            required = true,
            description = "the gateway (default: the one just built)")
    private Path jar;

    @Option(
            names = "--pairs",
            paramLabel = "N",
            defaultValue = "20",
            description = "pairs of windows (${DEFAULT-VALUE})")
    private int pairs;

    @Option(
            names = "--window",
            paramLabel = "MILLIS",
            defaultValue = "2000",
            description = "length of a window (${DEFAULT-VALUE})")
    private int windowMillis;

    @Option(
            names = "--warm-up",
            paramLabel = "PAIRS",
            defaultValue = "10",
            description = "pairs before those, not counted (${DEFAULT-VALUE})")
    private int warmUpPairs;

    @Option(
            names = "--keys",
            paramLabel = "N",
            defaultValue = "10000",
            description = "clients with a key each (${DEFAULT-VALUE})")
    private int keyCount;

    @Option(
            names = "--connections",
            paramLabel = "N",
            defaultValue = "64",
            description = "keep-alive connections, a request on each at any time (${DEFAULT-VALUE})")
    private int connections;

    @Option(
            names = "--server-core",
            paramLabel = "N",
            defaultValue = "0",
            description = "core of the servers (${DEFAULT-VALUE})")
    private int serverCore;

    @Option(
            names = "--load-core",
            paramLabel = "N",
            defaultValue = "1",
            description = "core of everything else (${DEFAULT-VALUE})")
    private int loadCore;

    @Option(
            names = "--jvm",
            paramLabel = "FLAGS",
            defaultValue = "-Xms512m -Xmx512m",
            description = "flags of both servers (${DEFAULT-VALUE})")
    private String jvmFlags;

    @Option(names = "--at-most", paramLabel = "RATIO", description = "exit with 3 where the median ratio is above")
    private Double atMost;

    @Option(
            names = "--profile",
            description = "sample both servers and say where they spend their time; costs a little itself")
    private boolean profile;

    @Option(names = "--self-check", description = "the bare server against a second one: the interval has to hold 1")
    private boolean selfCheck;

    @Option(names = "--help", usageHelp = true, description = "this text")
    private boolean help;

    public static void main(String[] args) {
        System.exit(new CommandLine(new WarmCost())
                .setOverwrittenOptionsAllowed(true)
                .setExecutionExceptionHandler((failure, command, parsed) -> {
                    System.err.println(failure);
                    return 1;
                })
                .execute(args));
    }

    @Override
    public Integer call() throws IOException, InterruptedException, SQLException {
        Pinning pinning = Pinning.of(serverCore, loadCore);
        pinning.moveToLoadCore(ProcessHandle.current().pid());
        List<String> flags =
                Stream.of(jvmFlags.split(" ")).filter(flag -> !flag.isEmpty()).toList();
        try (Bench bench = new Bench(pinning, jar, flags, profile)) {
            List<String> keys;
            ServerProcess candidate;
            Response answer;
            if (selfCheck) {
                keys = Collections.nCopies(keyCount, "none");
                answer = SELF_CHECK_ANSWER;
                candidate = bench.startBare("bare-again", answer);
            } else {
                candidate = bench.startGateway();
                keys = bench.fillRegistry(keyCount);
                Collections.shuffle(keys, new SecureRandom());
                answer = answerTo(candidate, keys.get(0));
            }
            ServerProcess bare = bench.startBare("bare", answer);
            Report report = new Report(bare.name(), candidate.name());
            report.setting(pinning, keyCount, connections, pairs, Duration.ofMillis(windowMillis), jvmFlags);
            report.responses(answerTo(bare, keys.get(0)), answerTo(candidate, keys.get(0)));

            List<Pair> measured;
            try (Pairs turns = new Pairs(bare, candidate, keys, connections)) {
                turns.measure(warmUpPairs, Duration.ofMillis(windowMillis));
                NearLookups before = selfCheck ? null : bench.nearLookups();
                measured = turns.measure(pairs, Duration.ofMillis(windowMillis));
                report.costs(measured);
                if (before != null) {
                    report.warmth(bench.nearLookups().since(before));
                }
            }
            if (profile) {
                bare.close();
                candidate.close();
                report.whereItGoes(
                        measured,
                        profile(bench, bare, measured, Pair::reference),
                        profile(bench, candidate, measured, Pair::candidate));
            }
            return atMost != null && Report.ratio(measured).median() > atMost ? EXIT_TOO_DEAR : 0;
        }
    }

    private static Response answerTo(ServerProcess server, String key) throws IOException {
        Response response = Response.to(server.address(), Bench.request(server.address(), key));
        if (response.status() != 200) {
            throw new IOException(server.name() + " answered " + response.statusLine() + " to a good key");
        }
        return response;
    }

    private static Profile profile(Bench bench, ServerProcess server, List<Pair> measured, Function<Pair, Window> side)
            throws IOException {
        return Profile.of(bench.recordingOf(server), measured.stream().map(side).toList());
    }
}
