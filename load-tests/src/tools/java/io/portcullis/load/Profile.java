package io.portcullis.load;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordingFile;

/**
 * Says what a server was doing, from the execution samples of a flight recording: each sample belongs to the innermost frame that tells
 * something. Frames that serve whoever calls them (the JDK, buffers, header maps, Caffeine) do not.
 *
 * @param samples number of samples by what was being done
 */
record Profile(Map<String, Integer> samples) {

    private static final String OURS = "io.portcullis.";

    private static final List<Rule> RULES = List.of(
            new Rule(
                    "1 socket: read, write, wait",
                    "io.netty.channel.epoll.",
                    "io.netty.channel.unix.",
                    "io.netty.channel.nio."),
            new Rule(
                    "2 request decode",
                    "io.netty.handler.codec.http.HttpObjectDecoder",
                    "io.netty.handler.codec.http.HttpRequestDecoder",
                    "io.netty.handler.codec.ByteToMessageDecoder",
                    "io.vertx.core.http.impl.VertxHttpRequestDecoder",
                    "io.vertx.core.http.impl.http1x.VertxHttpRequestDecoder"),
            new Rule(
                    "5 response encode",
                    "io.netty.handler.codec.http.HttpResponseEncoder",
                    "io.netty.handler.codec.http.HttpObjectEncoder",
                    "io.netty.handler.codec.http.HttpHeadersEncoder",
                    "io.netty.handler.codec.MessageToMessageEncoder",
                    "io.vertx.core.http.impl.VertxHttpResponseEncoder",
                    "io.vertx.core.http.impl.http1x.VertxHttpResponseEncoder"),
            new Rule("4 metrics", "io.micrometer.", "io.prometheus.", "io.vertx.micrometer."),
            new Rule("6 Vert.x and Netty besides", "io.vertx.core.", "io.netty.channel."));

    private static final List<String> SERVE_ANYONE =
            List.of("io.vertx.core.http.impl.headers.", "io.vertx.core.http.HttpHeaders", "io.vertx.core.MultiMap");

    static Profile of(Path recording, List<Pairs.Window> windows) throws IOException {
        Map<String, Integer> samples = new TreeMap<>();
        try (RecordingFile file = new RecordingFile(recording)) {
            while (file.hasMoreEvents()) {
                RecordedEvent event = file.readEvent();
                if (event.getEventType().getName().equals("jdk.ExecutionSample")
                        && event.getStackTrace() != null
                        && isInside(windows, event.getStartTime())) {
                    samples.merge(what(event.getStackTrace().getFrames()), 1, Integer::sum);
                }
            }
        }
        return new Profile(samples);
    }

    int count() {
        return samples.values().stream().mapToInt(Integer::intValue).sum();
    }

    double share(String what) {
        return (double) samples.getOrDefault(what, 0) / Math.max(1, count());
    }

    private static boolean isInside(List<Pairs.Window> windows, Instant moment) {
        return windows.stream().anyMatch(window -> !moment.isBefore(window.from()) && moment.isBefore(window.to()));
    }

    private static String what(List<RecordedFrame> innermostFirst) {
        for (RecordedFrame frame : innermostFirst) {
            String type = frame.getMethod().getType().getName();
            if (type.startsWith(OURS)) {
                String inside = type.substring(OURS.length());
                return "3 ours: " + (inside.contains(".") ? inside.substring(0, inside.indexOf('.')) : inside);
            }
            if (SERVE_ANYONE.stream().noneMatch(type::startsWith)) {
                for (Rule rule : RULES) {
                    if (rule.matches(type)) {
                        return rule.what;
                    }
                }
            }
        }
        return "7 other";
    }

    private record Rule(String what, List<String> prefixes) {

        Rule(String what, String... prefixes) {
            this(what, List.of(prefixes));
        }

        boolean matches(String type) {
            return prefixes.stream().anyMatch(type::startsWith);
        }
    }
}
