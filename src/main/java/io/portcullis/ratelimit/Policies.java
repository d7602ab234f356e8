package io.portcullis.ratelimit;

import io.portcullis.auth.Client;
import io.portcullis.auth.Decision;
import io.portcullis.auth.IpAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Which limits are for a request: those of the configuration, the one that its client names, and the client's own. Thread-safe. */
final class Policies {

    private static final Limiter[] NONE = new Limiter[0];

    /** Different limits of clients that are kept to be shared. */
    private static final int MOST_SHARED = 1_000;

    private final LimitMeters meters;
    private final PolicyLimiters ofClient;
    private final PolicyLimiters[] ofAll;
    private final boolean ofAllByClient;
    private final Map<String, PolicyLimiters> named = new HashMap<>();
    private final List<PolicyLimiters> all = new ArrayList<>();
    private final Map<Integer, Terms> ofClients = new ConcurrentHashMap<>();

    /** Without a subject. */
    Policies(Limits.Settings settings, LimitMeters meters, PolicyLimiters.Parts parts) {
        this.meters = meters;
        this.ofClient = limiters(settings.ofClient(), settings, parts);
        List<PolicyLimiters> global = new ArrayList<>();
        for (LimitPolicy policy : settings.policies()) {
            PolicyLimiters limiters = limiters(policy, settings, parts);
            if (policy.named()) {
                named.put(policy.name(), limiters);
            } else {
                global.add(limiters);
            }
        }
        this.ofAll = global.toArray(new PolicyLimiters[0]);
        this.ofAllByClient = global.stream().allMatch(PolicyLimiters::isByClient);
    }

    private PolicyLimiters limiters(LimitPolicy policy, Limits.Settings settings, PolicyLimiters.Parts parts) {
        PolicyLimiters limiters = new PolicyLimiters(policy, settings.mostKeys(), meters.of(policy.name()), parts);
        all.add(limiters);
        return limiters;
    }

    /** All of them, also those that no request is for. */
    List<PolicyLimiters> all() {
        return all;
    }

    /** @param address where the call comes from; asked for only if a limit is by that */
    Limiter[] limiters(Decision.Allowed allowed, Supplier<@Nullable IpAddress> address) {
        Client client = allowed.client();
        Limiter[] known = known(allowed.record().attachment());
        if (known != null && areOf(client, known)) {
            return known;
        }
        PolicyLimiters byName = client.limitPolicy() == null ? null : named.get(client.limitPolicy());
        if (client.limitPolicy() != null && byName == null) {
            meters.unknownPolicy();
        }
        int most = ofAll.length + (byName == null ? 0 : 1) + (client.rateLimit() == null ? 0 : 1);
        if (most == 0) {
            return NONE;
        }
        Limiter[] found = new Limiter[most];
        int count = 0;
        for (int i = -1; i < ofAll.length; i++) {
            PolicyLimiters limiters = i < 0 ? byName : ofAll[i];
            Limiter limiter = limiters == null ? null : limiters.of(allowed, address);
            if (limiter != null) {
                found[count++] = limiter;
            }
        }
        Integer own = client.rateLimit();
        if (own != null) {
            Limiter limiter = ofClient.at(client.clientId());
            if (limiter.rule().quota() != own) {
                limiter.adopt(termsOfClient(own));
            }
            found[count++] = limiter;
        }
        Limiter[] all = count == most ? found : Arrays.copyOf(found, count);
        if (ofAllByClient && (byName == null ? client.limitPolicy() == null : byName.isByClient())) {
            allowed.record().attach(all.length == 1 ? all[0] : all);
        }
        return all;
    }

    /** One is attached by itself: a list of it would be one more miss of the processor's caches. */
    private static Limiter @Nullable [] known(@Nullable Object attachment) {
        return attachment instanceof Limiter one
                ? new Limiter[] {one}
                : attachment instanceof Limiter[] several ? several : null;
    }

    /** Whether a look-up would find the same. */
    private static boolean areOf(Client client, Limiter[] known) {
        for (Limiter limiter : known) {
            if (!limiter.isAtHand()) {
                return false;
            }
        }
        Integer own = client.rateLimit();
        // An older record of the client may have changed it meanwhile.
        return own == null || known[known.length - 1].rule().quota() == own;
    }

    /** The same for all clients that have the same. */
    private Terms termsOfClient(int rateLimit) {
        Terms known = ofClients.get(rateLimit);
        if (known != null) {
            return known;
        }
        Terms terms = Terms.of(ofClient.policy().name(), ofClient(rateLimit));
        if (ofClients.size() < MOST_SHARED) {
            ofClients.put(rateLimit, terms);
        }
        return terms;
    }

    /** The rule that a client's {@code rate_limit} is. One that is not above zero admits nobody. */
    Rule ofClient(int rateLimit) {
        return new Rule.SlidingWindow(
                Math.max(0, rateLimit),
                Duration.ofMillis(ofClient.policy().rule().windowMillis()));
    }
}
