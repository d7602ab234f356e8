package io.portcullis.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.buffer.Buffer;
import io.vertx.redis.client.Response;
import io.vertx.redis.client.impl.ParserHandler;
import io.vertx.redis.client.impl.RESPParser;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Why this room has a parser of its own. When this fails, the library has been mended: think again. */
class LibraryParserTest {

    @Test
    void libraryGivesOneValueToEveryoneAndNeverStops() {
        List<String> given = new ArrayList<>();
        RESPParser parser = new RESPParser(
                new ParserHandler() {
                    @Override
                    public void handle(Response reply) {
                        given.add(reply.toString());
                        if (given.size() == 1000) {
                            throw new IllegalStateException("it would go on for ever");
                        }
                    }

                    @Override
                    public void fail(Throwable failure) {
                        throw new AssertionError("it noticed", failure);
                    }
                },
                16);

        assertThatThrownBy(() -> parser.handle(Buffer.buffer("$3\r\nfooXY"))).hasMessage("it would go on for ever");
        assertThat(given).hasSize(1000).containsOnly("foo");
    }
}
