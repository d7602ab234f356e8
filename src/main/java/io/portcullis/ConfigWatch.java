package io.portcullis;

import io.portcullis.config.ConfigSource;
import io.portcullis.config.LoadedConfig;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks at the configuration file each {@value #EVERY_MILLIS} ms and when SIGHUP comes, on a thread of its own. */
final class ConfigWatch implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(ConfigWatch.class);

    private static final long EVERY_MILLIS = 500;

    /**
     * A configuration and the file that it came from.
     *
     * @param content what {@code loaded} was read from
     * @param hangup whether SIGHUP means "read it again", as supervisors send it; else it ends the process, as a terminal that closes wants
     */
    record Watched(ConfigSource source, ConfigSource.Content content, LoadedConfig loaded, boolean hangup) {

        /** @throws io.portcullis.config.ConfigException with all that is wrong */
        static Watched load(ConfigSource source, boolean hangup) {
            ConfigSource.Content content = source.read();
            return new Watched(source, content, source.load(content), hangup);
        }
    }

    private final ConfigReload reload;
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread looking = new Thread(task, "config-watch");
        looking.setDaemon(true);
        return looking;
    });

    private ConfigWatch(ConfigReload reload) {
        this.reload = reload;
    }

    /**
     * Begins to look.
     *
     * @param hangup whether to look when SIGHUP comes, too
     */
    static ConfigWatch start(ConfigReload reload, boolean hangup) {
        ConfigWatch watch = new ConfigWatch(reload);
        Future<?> unused = watch.thread.scheduleWithFixedDelay(
                () -> watch.guarded(reload::look), EVERY_MILLIS, EVERY_MILLIS, TimeUnit.MILLISECONDS);
        if (hangup) {
            watch.onHangup();
        }
        return watch;
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }

    /** By reflection: the class is there on every JDK so far, and a compiler that warns of it cannot be told not to. */
    private void onHangup() {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            Object ours = Proxy.newProxyInstance(
                    handler.getClassLoader(), new Class<?>[] {handler}, (proxy, method, arguments) -> {
                        if (!method.getName().equals("handle")) {
                            return method.invoke(this, arguments);
                        }
                        if (!thread.isShutdown()) {
                            thread.execute(() -> guarded(reload::now));
                        }
                        return null;
                    });
            signal.getMethod("handle", signal, handler)
                    .invoke(null, signal.getConstructor(String.class).newInstance("HUP"), ours);
        } catch (ReflectiveOperationException | IllegalArgumentException e) {
            Throwable why = e instanceof InvocationTargetException wrapped ? wrapped.getCause() : e;
            log.info("event=config.no_hangup reason=\"{}\"", String.valueOf(why));
        }
    }

    /** A look that throws must not be the last one. */
    private void guarded(Runnable look) {
        try {
            look.run();
        } catch (RuntimeException e) {
            log.error("event=config.look_failed", e);
        }
    }
}
