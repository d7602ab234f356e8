package io.portcullis.ingress;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.time.Clock;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at the TLS files again and again, and puts new ones into use. Files that cannot be used change nothing: what was in use stays, with one
 * line in the log, a counter, and the reason in {@link ServerTls#fault()}.
 *
 * <p>Looks at their content: times of change are too coarse, and links (as certbot and Kubernetes use them) have their own.
 */
public final class CertificateWatch extends VerticleBase {

    private static final Logger log = LoggerFactory.getLogger(CertificateWatch.class);

    private final ServerTls tls;
    private final Duration every;
    private final Counter applied;
    private final Counter refused;
    private boolean looking;
    private @Nullable String suspected;

    /** @param every how long between two looks */
    public CertificateWatch(ServerTls tls, Duration every, MeterRegistry metrics, Clock clock) {
        this.tls = tls;
        this.every = every;
        this.applied = counter(metrics, "applied");
        this.refused = counter(metrics, "refused");
        Gauge.builder(
                        "tls_certificate_expiry",
                        tls,
                        shared -> Duration.between(clock.instant(), shared.expires())
                                .toSeconds())
                .description("Until the certificate in use ends; negative once it has")
                .baseUnit("seconds")
                .register(metrics);
    }

    @Override
    public Future<?> start() {
        vertx.setPeriodic(every.toMillis(), timer -> look());
        return Future.succeededFuture();
    }

    private void look() {
        if (looking) {
            return;
        }
        looking = true;
        vertx.executeBlocking(this::changed, false)
                .compose(next -> next == null ? Future.succeededFuture() : use(next))
                .onSuccess(done -> sound())
                .onFailure(this::unsound)
                .onComplete(done -> looking = false);
    }

    /** What is in the files, if that is not in use yet; else null. */
    private @Nullable TlsIdentity changed() throws TlsException {
        TlsFiles.Content content = tls.files().read();
        return content.equals(tls.identity().content()) ? null : TlsIdentity.of(tls.files(), content, vertx);
    }

    private Future<Void> use(TlsIdentity next) {
        return tls.use(next).onSuccess(done -> {
            applied.increment();
            log.info("event=tls.certificate_replaced expires={}", next.expires());
        });
    }

    private void sound() {
        suspected = null;
        if (tls.fault() != null) {
            tls.fault(null);
            log.info("event=tls.files_usable_again");
        }
    }

    /** A pair that is being written is no pair for a moment: it counts when it is found so twice. */
    private void unsound(Throwable failure) {
        String reason = String.valueOf(failure instanceof TlsException known ? known.getMessage() : failure);
        if (reason.equals(suspected) && !reason.equals(tls.fault())) {
            tls.fault(reason);
            refused.increment();
            log.warn("event=tls.files_refused reason=\"{}\" in_use_until={}", reason, tls.expires());
        }
        suspected = reason;
    }

    private static Counter counter(MeterRegistry metrics, String result) {
        return Counter.builder("tls_reloads")
                .description("Changes of the TLS files, by whether they came into use")
                .tag("result", result)
                .register(metrics);
    }
}
