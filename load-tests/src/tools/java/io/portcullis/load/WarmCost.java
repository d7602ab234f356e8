package io.portcullis.load;

import io.portcullis.load.Pairs.Pair;
import io.portcullis.load.Pairs.Window;
import java.io.IOException;
import java.security.SecureRandom;
import java.sql.SQLException;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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

    @Mixin
    private final PairOptions options = new PairOptions(20);

    @Option(
            names = "--warm-up",
            paramLabel = "PAIRS",
            defaultValue = "10",
            description = "pairs before those, not counted (${DEFAULT-VALUE})")
    private int warmUpPairs;

    @Option(
            names = "--connections",
            paramLabel = "N",
            defaultValue = "64",
            description = "keep-alive connections, a request on each at any time (${DEFAULT-VALUE})")
    private int connections;

    @Option(names = "--at-most", paramLabel = "RATIO", description = "exit with 3 where the median ratio is above")
    private Double atMost;

    @Option(
            names = "--profile",
            description = "sample both servers and say where they spend their time; costs a little itself")
    private boolean profile;

    @Option(names = "--self-check", description = "the bare server against a second one: the interval has to hold 1")
    private boolean selfCheck;

    public static void main(String[] args) {
        PairOptions.run(new WarmCost(), args);
    }

    @Override
    public Integer call() throws IOException, InterruptedException, SQLException {
        Pinning pinning = options.pinning();
        try (Bench bench = new Bench(pinning, options.jar(), options.jvmFlags(), profile)) {
            List<String> keys;
            ServerProcess candidate;
            Response answer;
            if (selfCheck) {
                keys = Collections.nCopies(options.keyCount(), "none");
                answer = SELF_CHECK_ANSWER;
                candidate = bench.startBare("bare-again", answer);
            } else {
                candidate = bench.startGateway();
                keys = bench.fillRegistry(options.keyCount());
                Collections.shuffle(keys, new SecureRandom());
                FilledNode.hold(candidate.address(), keys);
                answer = answerTo(candidate, keys.get(0));
            }
            ServerProcess bare = bench.startBare("bare", answer);
            Report report = new Report(bare.name(), candidate.name());
            report.setting(pinning, options.keyCount(), connections, options.pairs(), options.window(), options.jvm());
            report.responses(answerTo(bare, keys.get(0)), answerTo(candidate, keys.get(0)));

            List<Pair> measured;
            try (Pairs turns = new Pairs(bare, candidate, keys, connections)) {
                turns.measure(warmUpPairs, options.window());
                NearLookups before = selfCheck ? null : bench.nearLookups();
                measured = turns.measure(options.pairs(), options.window());
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
