package io.portcullis.config;

import io.portcullis.auth.CertificateIdentity;
import io.portcullis.auth.CredentialScheme;
import io.portcullis.auth.ForwardedHeader;
import io.portcullis.ratelimit.LimitMode;
import io.portcullis.ratelimit.LimitPolicy;
import io.portcullis.ratelimit.RedisAway;
import io.portcullis.ratelimit.Rule;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalTime;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * How a value is read from text and written back.
 *
 * @param list whether it is a list of texts; else it is one
 * @param sensitive whether the text may hold a secret: then no fault quotes it
 * @param reader throws {@link IllegalArgumentException} with what is expected
 * @param writer gives what may be shown: a secret masked
 */
record Type<T>(boolean list, boolean sensitive, Function<List<String>, T> reader, Function<T, List<String>> writer) {

    static final Type<String> TEXT = scalar(Type::text, text -> text);
    static final Type<Integer> INT = scalar(Type::integer, String::valueOf);
    static final Type<Boolean> BOOLEAN = scalar(Type::bool, String::valueOf);
    static final Type<Double> RATIO = scalar(Type::ratio, String::valueOf);
    static final Type<Duration> DURATION = scalar(Durations::parse, Durations::format);
    static final Type<LocalTime> TIME = scalar(Type::time, LocalTime::toString);
    static final Type<ByteSize> SIZE = scalar(ByteSize::parse, ByteSize::toString);
    static final Type<Path> PATH = scalar(Type::path, Path::toString);
    static final Type<Instances> INSTANCES = scalar(Instances::parse, Instances::toString);
    static final Type<ForwardedHeader> FORWARDED_HEADER = scalar(ForwardedHeader::parse, ForwardedHeader::toString);
    static final Type<ClientCertificates> CLIENT_CERTIFICATES =
            scalar(ClientCertificates::parse, ClientCertificates::toString);
    static final Type<OwnerChecking> OWNER_CHECKING = scalar(OwnerChecking::parse, OwnerChecking::toString);
    static final Type<LimitFields> LIMIT_FIELDS = scalar(LimitFields::parse, LimitFields::toString);
    static final Type<LimitMode> LIMIT_MODE = scalar(text -> one(LimitMode.values(), text), LimitMode::toString);
    static final Type<RedisAway> REDIS_AWAY = scalar(text -> one(RedisAway.values(), text), RedisAway::toString);
    static final Type<Rule> LIMIT_RULE = scalar(LimitPolicy::parseRule, LimitPolicy::write);
    static final Type<List<LimitPolicy>> LIMIT_POLICIES = new Type<>(
            true,
            false,
            lines -> lines.stream().map(LimitPolicy::parse).toList(),
            policies -> policies.stream().map(LimitPolicy::toString).toList());
    static final Type<CertificateIdentity> CERTIFICATE_IDENTITY =
            scalar(CertificateIdentity::parse, CertificateIdentity::toString);
    static final Type<Secret> SECRET = sensitive(Type::secret);
    static final Type<List<Secret>> SECRETS = new Type<>(
            true,
            true,
            texts -> texts.stream().map(Type::secret).toList(),
            secrets -> secrets.stream().map(Secret::toString).toList());
    static final Type<PostgresUrl> POSTGRES_URL = sensitive(PostgresUrl::parse);
    static final Type<RedisUrl> REDIS_URL = sensitive(RedisUrl::parse);
    static final Type<List<String>> TEXTS = new Type<>(true, false, List::copyOf, list -> list);
    static final Type<Set<CredentialScheme>> SCHEMES = new Type<>(
            true,
            false,
            Type::schemes,
            schemes -> schemes.stream().map(CredentialScheme::toString).toList());

    private static <T> Type<T> scalar(Function<String, T> reader, Function<T, String> writer) {
        return new Type<>(false, false, texts -> reader.apply(texts.get(0)), value -> List.of(writer.apply(value)));
    }

    /** Its {@code toString} must mask what is secret. */
    private static <T> Type<T> sensitive(Function<String, T> reader) {
        return new Type<>(false, true, texts -> reader.apply(texts.get(0)), value -> List.of(value.toString()));
    }

    private static <E extends Enum<E>> E one(E[] constants, String text) {
        for (E constant : constants) {
            if (constant.toString().equals(text)) {
                return constant;
            }
        }
        throw new IllegalArgumentException(
                "expected " + Arrays.stream(constants).map(E::toString).collect(Collectors.joining(", ")));
    }

    private static String text(String text) {
        require(text.chars().noneMatch(Character::isISOControl), "must not have control characters");
        return text;
    }

    private static Integer integer(String text) {
        // Nine digits fit in an int, and no key needs more. No leading zero: YAML 1.1 read such numbers as octal.
        require(text.matches("0|-?[1-9][0-9]{0,8}"), "expected a whole number");
        return Integer.valueOf(text);
    }

    private static Double ratio(String text) {
        require(text.matches("[0-9]{1,9}(\\.[0-9]{1,9})?"), "expected a number such as 0.01");
        return Double.valueOf(text);
    }

    private static Boolean bool(String text) {
        require(text.equals("true") || text.equals("false"), "expected true or false");
        return Boolean.valueOf(text);
    }

    private static LocalTime time(String text) {
        require(text.matches("([01][0-9]|2[0-3]):[0-5][0-9]"), "expected a time of day such as 02:30");
        return LocalTime.parse(text);
    }

    private static Path path(String text) {
        try {
            return Path.of(text(text));
        } catch (InvalidPathException e) {
            throw new IllegalArgumentException("expected a path", e);
        }
    }

    private static Secret secret(String text) {
        require(!text.isEmpty(), "must not be empty");
        require(text.equals(text.strip()), "begins or ends with a blank or a line break; is it pasted whole?");
        return new Secret(text);
    }

    private static Set<CredentialScheme> schemes(List<String> names) {
        Set<CredentialScheme> schemes = new LinkedHashSet<>();
        for (String name : names) {
            CredentialScheme scheme = CredentialScheme.parse(name);
            require(schemes.add(scheme), "names " + scheme + " twice");
        }
        return Collections.unmodifiableSet(schemes);
    }

    private static void require(boolean holds, String expected) {
        if (!holds) {
            throw new IllegalArgumentException(expected);
        }
    }
}
