package io.portcullis.upstream;

import io.portcullis.upstream.Breaker.Verdict;

/**
 * Why a service gave no answer that is of use. Each is {@link Unavailable} or {@link Faulty}, and {@link #outcome()} says which way exactly.
 * There may be thousands a second: no stack trace, and no URL, token or body.
 */
public abstract sealed class UpstreamException extends Exception {

    private final String service;
    private final Outcome outcome;
    private final Verdict verdict;

    private UpstreamException(String service, Outcome outcome, Verdict verdict, String reason) {
        super(service + ": " + reason, null, false, false);
        this.service = service;
        this.outcome = outcome;
        this.verdict = verdict;
    }

    /** The name of the service. */
    public final String service() {
        return service;
    }

    /** {@code TIMEOUT} and {@code REJECTED} pass by themselves, soon; never {@code OK}. */
    public final Outcome outcome() {
        return outcome;
    }

    final Verdict verdict() {
        return verdict;
    }

    /** Nobody answered: it took too long, there is no connection, or it was not asked because that was to be expected. */
    public static final class Unavailable extends UpstreamException {
        private Unavailable(String service, Outcome outcome, Verdict verdict, String reason) {
            super(service, outcome, verdict, reason);
        }
    }

    /** There was an answer, and it is not one to what was asked: a 5xx, a 4xx that nothing is made of, a redirect, no JSON, too large. */
    public static final class Faulty extends UpstreamException {
        private Faulty(String service, Outcome outcome, Verdict verdict, String reason) {
            super(service, outcome, verdict, reason);
        }
    }

    static UpstreamException timedOut(String service) {
        return new Unavailable(service, Outcome.TIMEOUT, Verdict.FAILED, "no answer in time");
    }

    /** The caller's deadline came so early that nothing follows for the service. */
    static UpstreamException abandoned(String service) {
        return new Unavailable(service, Outcome.TIMEOUT, Verdict.UNKNOWN, "given up before it could have answered");
    }

    static UpstreamException disconnected(String service, String reason) {
        return new Unavailable(service, Outcome.CONNECTION, Verdict.FAILED, reason);
    }

    static UpstreamException breakerOpen(String service) {
        return new Unavailable(service, Outcome.REJECTED, Verdict.UNKNOWN, "not asked, its latest calls failed");
    }

    /** As many calls wait for a connection as may. Those that hold the connections tell how the service is. */
    static UpstreamException overloaded(String service) {
        return new Unavailable(service, Outcome.REJECTED, Verdict.UNKNOWN, "too many calls wait for a connection");
    }

    static UpstreamException serverError(String service, int status) {
        return new Faulty(service, Outcome.SERVER_ERROR, Verdict.FAILED, "status " + status);
    }

    /** It is there and says no, also with 429: not to ask more often is for who asks, and no reason to ask it nothing at all. */
    static UpstreamException clientError(String service, int status) {
        return new Faulty(service, Outcome.CLIENT_ERROR, Verdict.ANSWERED, "status " + status);
    }

    /** @param what is wrong with it, in our own words: none of the answer's */
    static UpstreamException malformed(String service, String what) {
        return new Faulty(service, Outcome.MALFORMED, Verdict.FAILED, "malformed answer, " + what);
    }
}
