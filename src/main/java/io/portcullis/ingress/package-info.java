/**
 * The data plane: HTTP in, a decision out. The warm path stays on the event loop that received the request; only a miss goes over the bus.
 *
 * <p>Front ends ask in dialects ({@link io.portcullis.ingress.Dialect}), by path: the decision is the same, the form of the answer is what
 * each of them can pass on without losing an outcome or leaving a caller's own word for the gateway's.
 *
 * <p>Guarantees: each outcome of the house has its own status and code, and one place writes them; what failed on our side is 503 or 500,
 *  * never 401 and never 200; what a peer says of its own caller counts only if the peer is trusted; a request that announces a body is
 * refused and its connection closed; HTTP/1.1 is read by the letter, and nothing behind what is not is read at all
 * ({@link io.portcullis.ingress.StrictRequestDecoder}, {@link io.portcullis.ingress.RequestRules}); what a peer can make us hold or wait
 * for is bounded ({@link io.portcullis.ingress.RequestDecoderGuard}).
 *
 * <p>TLS, HTTP/2 within limits, and a Unix domain socket beside the port: a certificate may be replaced while it serves, and files that cannot be
 * used change nothing ({@link io.portcullis.ingress.CertificateWatch}); a request by HTTP/2 is held against the same rules and ends no other; the
 * certificate of a connection is a credential of each of its requests.
 *
 * <p>May import auth, bus and registry. Imported by the composition root alone.
 */
@NullMarked
package io.portcullis.ingress;

import org.jspecify.annotations.NullMarked;
