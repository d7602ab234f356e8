package io.portcullis.auth;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Random;

/** Whatever surrounds a key in a query string, and however it is encoded, it is found; and what is found is there. */
class QueryCredentialsFuzzTest {

    /** Nobody's. */
    private static final String KEY = "pk_live_WveLsWepKW5d6aLdVmwZxkn5hoF6Ha1W789E";

    @FuzzTest(maxDuration = "2m")
    void in(FuzzedDataProvider data) {
        Random encoding = new Random(data.consumeLong());
        String before = text(data);
        String after = text(data);

        String query = before + "&" + encoded(encoding) + after;
        if (!QueryCredentials.in(query)) {
            throw new IllegalStateException("a key was not found");
        }
        if (QueryCredentials.in(before) && !mayCarryOne(before)) {
            throw new IllegalStateException("found where there is none");
        }
    }

    /** By simpler means: the text, decoded throughout, has the name of a parameter or the beginning of a key in it. */
    private static boolean mayCarryOne(String query) {
        StringBuilder decoded = new StringBuilder();
        for (int i = 0; i < query.length(); i++) {
            char c = query.charAt(i);
            if (c == '%' && i + 2 < query.length()) {
                int high = Character.digit(query.charAt(i + 1), 16);
                int low = Character.digit(query.charAt(i + 2), 16);
                if (high >= 0 && low >= 0) {
                    decoded.append((char) (high * 16 + low));
                    i += 2;
                    continue;
                }
            }
            decoded.append(c);
        }
        String text = decoded.toString().toLowerCase(Locale.ROOT);
        return text.contains("pk_") || text.contains("api") || text.contains("access_token") || text.contains("secret");
    }

    private static String encoded(Random random) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < KEY.length(); i++) {
            char c = KEY.charAt(i);
            text.append(random.nextBoolean() ? String.valueOf(c) : "%" + Integer.toHexString(c));
        }
        return text.toString();
    }

    private static String text(FuzzedDataProvider data) {
        return new String(data.consumeBytes(data.consumeInt(0, 200)), StandardCharsets.ISO_8859_1);
    }
}
