package io.portcullis.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.util.AsciiString;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FieldTextTest {

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 9, 10, 99, 100, 1_000_000_007, Integer.MAX_VALUE, Long.MAX_VALUE})
    void aNumberIsWrittenAsStringsWriteIt(long number) {
        AsciiString part = new AsciiString("xr=".getBytes(StandardCharsets.US_ASCII), 1, 2, false);
        FieldText text = new FieldText(2 * (part.length() + FieldText.NUMBER));
        assertThat(text.isEmpty()).isTrue();
        assertThat(text.append(part)
                        .append(number)
                        .append(part)
                        .append(7)
                        .ascii()
                        .toString())
                .isEqualTo("r=" + number + "r=7");
    }
}
