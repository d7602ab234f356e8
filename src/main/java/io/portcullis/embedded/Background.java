package io.portcullis.embedded;

import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A task on a thread of its own, since it blocks. */
final class Background {
    private Background() {}

    static <T extends @Nullable Object> CompletableFuture<T> run(String name, Callable<T> task) {
        CompletableFuture<T> result = new CompletableFuture<>();
        Thread thread = new Thread(
                () -> {
                    try {
                        result.complete(task.call());
                    } catch (Throwable e) {
                        result.completeExceptionally(e);
                    }
                },
                "portcullis-" + name);
        thread.setDaemon(true);
        thread.start();
        return result;
    }
}
