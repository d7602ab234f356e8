package io.portcullis.bus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(VertxExtension.class)
class LoopTest {

    private static final int MANY = 200_000;

    private final AtomicInteger taken = new AtomicInteger();

    @Test
    void asManyStepsAsAreDue(Vertx vertx) throws Exception {
        Future<Void> done = Loop.whileTrue(() -> {
            int number = taken.incrementAndGet();
            // Now and then one that is complete at once.
            return number % 3 == 0
                    ? Future.succeededFuture(true)
                    : Future.future(step -> vertx.runOnContext(later -> step.complete(number < MANY)));
        });

        done.await(30, TimeUnit.SECONDS);
        assertThat(taken).hasValue(MANY);
    }

    @Test
    void stepsThatAreCompleteAtOnceEndAtOnce() {
        Future<Void> done = Loop.whileTrue(() -> Future.succeededFuture(taken.incrementAndGet() < MANY));

        assertThat(done.succeeded()).isTrue();
        assertThat(taken).hasValue(MANY);
    }

    @Test
    void aStepThatFailsIsTheLast(Vertx vertx) {
        Future<Void> done = Loop.whileTrue(() -> taken.incrementAndGet() == 3
                ? Future.failedFuture("no third")
                : vertx.timer(1, TimeUnit.MILLISECONDS).map(true));

        assertThatThrownBy(() -> done.await(10, TimeUnit.SECONDS)).hasMessage("no third");
        assertThat(taken).hasValue(3);
    }
}
