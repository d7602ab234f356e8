package io.portcullis.ratelimit;

import io.portcullis.auth.Decision;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;

/** Callers who ask again as soon as they are answered, so many at each node, all for one client. */
final class Crowd {

    /** An admission lies between the two. */
    record Admission(long asked, long told) {}

    private final Queue<Admission> admissions = new ConcurrentLinkedQueue<>();
    private final AtomicLong unavailable = new AtomicLong();
    private final AtomicLong underWay = new AtomicLong();
    private volatile boolean over;

    /** Begins. */
    static Crowd at(List<LimitNode> nodes, int each, Decision.Allowed client) {
        Crowd crowd = new Crowd();
        for (LimitNode node : nodes) {
            for (int i = 0; i < each; i++) {
                node.vertx.runOnContext(go -> crowd.ask(node, client));
            }
        }
        return crowd;
    }

    private void ask(LimitNode node, Decision.Allowed client) {
        underWay.incrementAndGet();
        if (over) {
            underWay.decrementAndGet();
            return;
        }
        long asked = System.nanoTime();
        node.admit(client).onComplete(verdict -> {
            long told = System.nanoTime();
            if (verdict.succeeded() && verdict.result().kind() == Verdict.Kind.ADMITTED) {
                admissions.add(new Admission(asked, told));
                node.vertx.runOnContext(go -> ask(node, client));
            } else {
                if (verdict.failed() || verdict.result().kind() == Verdict.Kind.UNAVAILABLE) {
                    unavailable.incrementAndGet();
                }
                // Two cores are to serve Redis, too.
                node.vertx.setTimer(2, go -> ask(node, client));
            }
            underWay.decrementAndGet();
        });
    }

    int admitted() {
        return admissions.size();
    }

    long unavailable() {
        return unavailable.get();
    }

    /** Ends it. */
    Crowd end() {
        over = true;
        return this;
    }

    /** Ends it, and waits for the answers that are due: what it has admitted is all. */
    Crowd endAndSettle() {
        end();
        Awaitility.await().until(() -> underWay.get() == 0);
        return this;
    }

    static Crowd during(Duration time, List<LimitNode> nodes, int each, Decision.Allowed client) throws Exception {
        Crowd crowd = at(nodes, each, client);
        TimeUnit.MILLISECONDS.sleep(time.toMillis());
        return crowd.end();
    }

    /** The most that lay, for certain, in any span of that length: asked for and told within it. */
    int mostWithin(Duration span) {
        List<Admission> all = new ArrayList<>(admissions);
        int most = 0;
        for (Admission begin : all) {
            long end = begin.asked() + span.toNanos();
            int within = 0;
            for (Admission each : all) {
                within += each.asked() - begin.asked() >= 0 && each.told() - end < 0 ? 1 : 0;
            }
            most = Math.max(most, within);
        }
        return most;
    }
}
