package io.portcullis.ingress;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;

/** Whatever a caller calls his request: the id is safe in a header, in JSON and in a line of log. */
class RequestIdsFuzzTest {

    private final RequestIds ids = new RequestIds(new SecureRandom());

    @FuzzTest(maxDuration = "1m")
    void of(byte[] bytes) {
        String given = new String(bytes, StandardCharsets.ISO_8859_1);
        String id = ids.of(given);
        if (!id.matches("[A-Za-z0-9._:-]{1,128}")) {
            throw new IllegalStateException("an id that is not safe");
        }
        if (!id.equals(given) && given.matches("[A-Za-z0-9._:-]{1,128}")) {
            throw new IllegalStateException("an id that is safe was not kept");
        }
    }
}
