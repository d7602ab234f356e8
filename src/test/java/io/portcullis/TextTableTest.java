package io.portcullis;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TextTableTest {

    @Test
    void columnsAreAligned() {
        TextTable table = new TextTable()
                .row("ID", "NAME", "N")
                .row("1", null, 12345)
                .row("22", "Zoë", "")
                .row("333", "a name", 7);

        assertThat(table.render().lines())
                .containsExactly("ID   NAME    N", "1    -       12345", "22   Zoë     -", "333  a name  7");
    }

    @Test
    void whatIsInARowCannotSteerTheTerminal() {
        TextTable table = new TextTable().row("a\u001b[2J\u009b1m\nb\u202ec\u2028", "d");

        assertThat(table.render().lines()).containsExactly("a\ufffd[2J\ufffd1m\ufffdb\ufffdc\ufffd  d");
    }
}
