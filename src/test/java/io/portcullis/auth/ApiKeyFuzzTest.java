package io.portcullis.auth;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32;

/** What is taken for a key of ours has the form and the checksum, told by other means than the parser's. */
class ApiKeyFuzzTest {

    private static final Pattern FORM = Pattern.compile("(pk_[a-z0-9]{1,16}_[0-9A-Za-z]{30})([0-9A-Za-z]{6})");
    private static final String DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    @FuzzTest(maxDuration = "1m")
    void isWellFormed(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        if (ApiKey.isWellFormed(text) != isKey(text)) {
            throw new IllegalStateException("opinions differ on a key");
        }
        if (isKey(text)) {
            if (!text.startsWith(ApiKey.recognisablePrefix(text)) || !ApiKey.looksLikeOne(text)) {
                throw new IllegalStateException("a key that does not look like one");
            }
            for (int i = 3; i < text.length(); i++) {
                String altered = text.substring(0, i) + (text.charAt(i) == '0' ? '1' : '0') + text.substring(i + 1);
                // CRC-32 notices every change within 32 bits.
                if (ApiKey.isWellFormed(altered)) {
                    throw new IllegalStateException("an altered key has the same checksum");
                }
            }
        }
    }

    private static boolean isKey(String text) {
        Matcher form = FORM.matcher(text);
        if (!form.matches()) {
            return false;
        }
        BigInteger given = BigInteger.ZERO;
        for (char c : form.group(2).toCharArray()) {
            given = given.multiply(BigInteger.valueOf(62)).add(BigInteger.valueOf(DIGITS.indexOf(c)));
        }
        CRC32 crc = new CRC32();
        crc.update(form.group(1).getBytes(StandardCharsets.US_ASCII));
        return given.equals(BigInteger.valueOf(crc.getValue()));
    }
}
