package io.portcullis.load;

import io.portcullis.load.Pairs.Pair;
import io.portcullis.load.Pairs.Window;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/** The result as a person reads it, on standard output. */
final class Report {

    private static final String COSTS = "%-12s %-22s %8s %8s %12s %10s%n";
    private static final String PLACES = "%-34s %10s %10s %12s%n";

    private final PrintStream out = System.out;
    private final String reference;
    private final String candidate;

    Report(String reference, String candidate) {
        this.reference = reference;
        this.candidate = candidate;
    }

    static Interval ratio(List<Pair> pairs) {
        return Interval.of(pairs.stream().mapToDouble(Pair::ratio).toArray());
    }

    void setting(Pinning pinning, int keys, int connections, int pairs, Duration window, String jvmFlags)
            throws IOException {
        out.printf("machine   %s, %d cores, %s %s%n", cpuModel(), cores(), property("os.name"), property("os.version"));
        out.printf(
                "JDK       %s %s, servers with %s%n",
                property("java.vm.vendor"), property("java.vm.version"), jvmFlags);
        out.printf("load      %d keys, %d connections, closed loop; %s%n", keys, connections, pinning);
        out.printf("windows   %d pairs of %d ms each%n", pairs, window.toMillis());
    }

    void responses(Response ofReference, Response ofCandidate) {
        if (ofReference.shape().equals(ofCandidate.shape())) {
            out.printf("response  %d bytes from both%n%n", ofReference.headLength() + ofReference.bodyLength());
        } else {
            out.printf("response  NOT the same from both: the ratio compares more than the decision%n");
            out.printf(
                    "          %s: %s%n          %s: %s%n%n",
                    reference, ofReference.shape(), candidate, ofCandidate.shape());
        }
    }

    void costs(List<Pair> pairs) {
        out.printf(COSTS, "", "CPU µs a request", "user", "system", "requests/s", "core busy");
        costs(reference, pairs, Pair::reference);
        costs(candidate, pairs, Pair::candidate);
        out.printf(
                "%nratio        %s   median of %d pairs, 95 %% interval%n",
                ratio(pairs).format("%.3f"), pairs.size());
        out.printf(
                "undisturbed  %d of %d pairs: server and load each had all of its core%n",
                pairs.stream().filter(Pair::isUndisturbed).count(), pairs.size());
    }

    /** A miss costs many times a hit: a share below 99.9 % measures something else. */
    void warmth(NearLookups lookups) {
        out.printf("warm         %s of the look-ups%n", decimal("%.3f %%", 100 * lookups.hitShare()));
    }

    private void costs(String name, List<Pair> pairs, Function<Pair, Window> side) {
        List<Window> windows = pairs.stream().map(side).toList();
        out.printf(
                COSTS,
                name,
                interval(windows, Window::cpuMicros).format("%.2f"),
                decimal("%.2f", interval(windows, Window::userMicros).median()),
                decimal("%.2f", interval(windows, Window::systemMicros).median()),
                decimal("%,.0f", interval(windows, Window::requestsPerSecond).median()),
                decimal("%.0f %%", 100 * interval(windows, Window::coreBusy).median()));
    }

    /** User time by what was being done. Samples do not see into the kernel: system time is one line. */
    void whereItGoes(List<Pair> pairs, Profile ofReference, Profile ofCandidate) {
        out.printf("%n" + PLACES, "µs a request", reference, candidate, "difference");
        Set<String> places = new TreeSet<>(ofReference.samples().keySet());
        places.addAll(ofCandidate.samples().keySet());
        double userOfReference = median(pairs, Pair::reference, Window::userMicros);
        double userOfCandidate = median(pairs, Pair::candidate, Window::userMicros);
        for (String place : places) {
            place(place, userOfReference * ofReference.share(place), userOfCandidate * ofCandidate.share(place));
        }
        place(
                "8 kernel",
                median(pairs, Pair::reference, Window::systemMicros),
                median(pairs, Pair::candidate, Window::systemMicros));
        out.printf("%nfrom %d and %d samples of the windows%n", ofReference.count(), ofCandidate.count());
    }

    private void place(String place, double ofReference, double ofCandidate) {
        out.printf(
                PLACES,
                place,
                decimal("%.2f", ofReference),
                decimal("%.2f", ofCandidate),
                decimal("%+.2f", ofCandidate - ofReference));
    }

    private static double median(List<Pair> pairs, Function<Pair, Window> side, ToDoubleFunction<Window> of) {
        return interval(pairs.stream().map(side).toList(), of).median();
    }

    private static Interval interval(List<Window> windows, ToDoubleFunction<Window> of) {
        return Interval.of(windows.stream().mapToDouble(of).toArray());
    }

    private static String decimal(String pattern, double value) {
        return String.format(Locale.ROOT, pattern, value);
    }

    private static String property(String name) {
        return System.getProperty(name);
    }

    private static long cores() throws IOException {
        return cpuInfo("processor").size();
    }

    private static String cpuModel() throws IOException {
        List<String> models = cpuInfo("model name");
        return models.isEmpty() ? property("os.arch") : models.get(0).replaceFirst(".*:\\s*", "");
    }

    private static List<String> cpuInfo(String field) throws IOException {
        Path file = Path.of("/proc/cpuinfo");
        return Files.readAllLines(file).stream()
                .filter(line -> line.startsWith(field))
                .toList();
    }
}
