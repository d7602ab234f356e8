package io.portcullis.ratelimit;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A limit, and whom it is for. Written in one line: {@code NAME by=client limit=1000 window=1m} or {@code NAME by=ip+key rate=10/s burst=50},
 * and behind that, where wanted, {@code mode=leased|exact|local}, {@code away=local|closed}, {@code shadow=true}, {@code only=named}.
 *
 * @param name as metrics and answers call it
 * @param by what requests are told apart by: those that agree in all of it share one limit. A request that lacks any of it is not limited
 * @param shadow counts, and refuses nobody
 * @param named for those clients only whose {@code metadata.limit_policy} names it
 */
public record LimitPolicy(
        String name, Set<Dimension> by, Rule rule, LimitMode mode, RedisAway away, boolean shadow, boolean named) {

    /** Of the limit that a client's own {@code rate_limit} is. */
    public static final String OF_CLIENT = "client";

    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9_-]{0,39}");
    private static final Pattern DURATION = Pattern.compile("([1-9][0-9]{0,8})(ms|s|m|h|d)");
    private static final Pattern RATE = Pattern.compile("([0-9]{1,9}(?:\\.[0-9]{1,40})?)/(s|m|h|d)");
    private static final Pattern NUMBER = Pattern.compile("[1-9][0-9]{0,8}");
    private static final Duration LONGEST_WINDOW = Duration.ofDays(1);
    private static final Duration SHORTEST_WINDOW = Duration.ofMillis(100);
    private static final List<String> FIELDS =
            List.of("by", "limit", "window", "rate", "burst", "mode", "away", "shadow", "only");

    public LimitPolicy {
        by = Set.copyOf(by);
    }

    /**
     * Reads the line.
     *
     * @throws IllegalArgumentException saying what is expected
     */
    public static LimitPolicy parse(String line) {
        String[] words = line.strip().split(" +", -1);
        String name = words[0];
        require(NAME.matcher(name).matches(), "begins with a name: lower-case letters, digits, - and _, 40 at most");
        require(!name.equals(OF_CLIENT), "the name client is that of the clients' own rate_limit");
        Map<String, String> fields = new HashMap<>();
        for (int i = 1; i < words.length; i++) {
            int equals = words[i].indexOf('=');
            String field = equals < 0 ? words[i] : words[i].substring(0, equals);
            require(
                    equals > 0 && FIELDS.contains(field),
                    "has no field '" + field + "'; there are " + String.join(", ", FIELDS));
            require(fields.put(field, words[i].substring(equals + 1)) == null, "says " + field + " twice");
        }
        return new LimitPolicy(
                name,
                by(fields.get("by")),
                rule(fields),
                one(LimitMode.class, fields.getOrDefault("mode", "leased"), "mode"),
                one(RedisAway.class, fields.getOrDefault("away", "local"), "away"),
                flag(fields.get("shadow"), "shadow", "true", "false"),
                flag(fields.get("only"), "only", "named", "all"));
    }

    /**
     * Reads a rule by itself, as {@code limit=100 window=1m} or {@code rate=10/s burst=50}.
     *
     * @throws IllegalArgumentException saying what is expected
     */
    public static Rule parseRule(String line) {
        LimitPolicy policy = parse("rule by=ip " + line.strip());
        require(
                policy.equals(new LimitPolicy(
                        "rule", policy.by(), policy.rule(), LimitMode.LEASED, RedisAway.LOCAL, false, false)),
                "has limit and window, or rate and burst, and nothing else");
        return policy.rule();
    }

    /** A rule as it can be read again. */
    public static String write(Rule rule) {
        if (rule instanceof Rule.SlidingWindow window) {
            return "limit=" + window.limit() + " window=" + window.window().toMillis() + "ms";
        }
        Rule.TokenBucket bucket = (Rule.TokenBucket) rule;
        return "rate="
                + BigDecimal.valueOf(bucket.perSecond()).stripTrailingZeros().toPlainString() + "/s burst="
                + bucket.burst();
    }

    /** As it can be read again. */
    @Override
    public String toString() {
        StringBuilder line = new StringBuilder(name).append(" by=");
        line.append(by.stream().sorted().map(Dimension::toString).collect(Collectors.joining("+")));
        line.append(' ').append(write(rule));
        line.append(" mode=").append(mode).append(" away=").append(away);
        return line.append(shadow ? " shadow=true" : "")
                .append(named ? " only=named" : "")
                .toString();
    }

    private static Set<Dimension> by(@Nullable String text) {
        require(text != null, "says by what: by=ip, client, key or tenant, or several with + between");
        Set<Dimension> by = EnumSet.noneOf(Dimension.class);
        for (String word : String.valueOf(text).split("\\+", -1)) {
            require(by.add(one(Dimension.class, word, "by")), "says by " + word + " twice");
        }
        return by;
    }

    private static Rule rule(Map<String, String> fields) {
        boolean isWindow = fields.containsKey("limit") || fields.containsKey("window");
        boolean isBucket = fields.containsKey("rate") || fields.containsKey("burst");
        require(isWindow != isBucket, "has either limit and window, or rate and burst");
        if (isWindow) {
            Duration window = duration(fields.get("window"));
            require(
                    window.compareTo(SHORTEST_WINDOW) >= 0 && window.compareTo(LONGEST_WINDOW) <= 0,
                    "window is 100ms to 1d");
            return new Rule.SlidingWindow(number(fields.get("limit"), "limit"), window);
        }
        Matcher rate = RATE.matcher(fields.getOrDefault("rate", ""));
        require(rate.matches(), "rate is a number by time, as 100/s, 6000/m");
        double perSecond = Double.parseDouble(rate.group(1)) / seconds(rate.group(2));
        require(perSecond >= 1.0 / 86_400, "rate is one a day at least");
        return new Rule.TokenBucket(perSecond, number(fields.get("burst"), "burst"));
    }

    private static long number(@Nullable String text, String field) {
        require(text != null && NUMBER.matcher(text).matches(), field + " is a whole number, 1 to 999999999");
        return Long.parseLong(String.valueOf(text));
    }

    private static Duration duration(@Nullable String text) {
        Matcher given = DURATION.matcher(String.valueOf(text));
        require(given.matches(), "window is a time, as 500ms, 1m, 1h");
        long amount = Long.parseLong(given.group(1));
        return given.group(2).equals("ms")
                ? Duration.ofMillis(amount)
                : Duration.ofSeconds(amount * seconds(given.group(2)));
    }

    private static int seconds(String unit) {
        return switch (unit) {
            case "s" -> 1;
            case "m" -> 60;
            case "h" -> 3_600;
            default -> 86_400;
        };
    }

    private static boolean flag(@Nullable String text, String field, String yes, String no) {
        require(text == null || text.equals(yes) || text.equals(no), field + " is " + yes + " or " + no);
        return yes.equals(text);
    }

    private static <E extends Enum<E>> E one(Class<E> type, String text, String field) {
        List<String> names = new ArrayList<>();
        for (E constant : type.getEnumConstants()) {
            if (constant.name().toLowerCase(Locale.ROOT).equals(text)) {
                return constant;
            }
            names.add(constant.name().toLowerCase(Locale.ROOT));
        }
        throw new IllegalArgumentException(field + " is one of " + String.join(", ", names) + ", not '" + text + "'");
    }

    private static void require(boolean holds, String expected) {
        if (!holds) {
            throw new IllegalArgumentException(expected);
        }
    }
}
