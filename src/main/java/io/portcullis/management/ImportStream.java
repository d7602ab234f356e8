package io.portcullis.management;

import io.portcullis.accounts.Imports;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import io.vertx.core.parsetools.RecordParser;
import io.vertx.ext.web.RoutingContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An import under way: lines come in, batches are registered, results go out. While a batch is registered, or its results are not taken,
 * no more is read. Belongs to one event loop.
 */
final class ImportStream {

    private static final Logger log = LoggerFactory.getLogger(ImportStream.class);

    private static final int BATCH = 1000;

    /** In bytes; metadata is 64 KB at most. */
    private static final int LONGEST_LINE = 256 * 1024;

    private final Call call;
    private final HttpServerRequest request;
    private final HttpServerResponse response;
    private final Imports imports;
    private final Contract.RequestBody contract;
    private final RecordParser parser;
    private List<Imports.Line> sound = new ArrayList<>();
    private List<JsonObject> unsound = new ArrayList<>();
    private long lines;
    private long registered;
    private long refused;
    private @Nullable Long seq;
    private boolean busy;
    private boolean ended;
    private boolean over;

    ImportStream(Call call, RoutingContext context, Imports imports, Contract.RequestBody contract) {
        this.call = call;
        this.request = context.request();
        this.response = context.response();
        this.imports = imports;
        this.contract = contract;
        this.parser = RecordParser.newDelimited("\n", request).maxRecordSize(LONGEST_LINE);
    }

    void run() {
        response.setChunked(true)
                .putHeader("Content-Type", ClientStreams.MEDIA_TYPE)
                .putHeader("Cache-Control", "no-store")
                .exceptionHandler(failure -> over = true);
        parser.exceptionHandler(failure -> breakOff(65008, "line " + (lines + 1) + " is longer than " + LONGEST_LINE));
        parser.endHandler(end -> {
            ended = true;
            proceed();
        });
        parser.handler(this::take);
        request.resume();
    }

    private void take(Buffer line) {
        if (over) {
            return;
        }
        lines++;
        String text = line.toString().strip();
        if (text.isEmpty()) {
            return;
        }
        JsonObject form = null;
        String fault;
        try {
            form = new JsonObject(text);
            fault = Faults.of(form, contract.validator());
        } catch (DecodeException | ClassCastException e) {
            fault = "is not a JSON object";
        }
        if (form == null || fault != null) {
            unsound.add(result(lines, 65008, String.valueOf(fault)));
        } else {
            String id = form.getString("client_id");
            if (id != null) {
                form.put("client_id", id.toLowerCase(Locale.ROOT));
            }
            sound.add(new Imports.Line(lines, form));
        }
        if (sound.size() + unsound.size() >= BATCH) {
            parser.pause();
            proceed();
        }
    }

    private void proceed() {
        if (busy || over) {
            return;
        }
        List<Imports.Line> batch = sound;
        List<JsonObject> faults = unsound;
        sound = new ArrayList<>();
        unsound = new ArrayList<>();
        if (batch.isEmpty() && faults.isEmpty()) {
            if (ended) {
                finish();
            }
            return;
        }
        busy = true;
        imports.register(ClientStreams.renewed(call.asked()), batch, call.flag("activate"))
                .compose(done -> answer(done, faults))
                .onComplete(
                        done -> {
                            busy = false;
                            if (ended) {
                                proceed();
                            } else {
                                parser.resume();
                            }
                        },
                        failure -> {
                            log.warn("event=import.failed lines={} reason=\"{}\"", lines, failure.getMessage());
                            breakOff(
                                    65011,
                                    "PostgreSQL does not answer: what was not told of is not registered,"
                                            + " or the answer was lost");
                        });
    }

    private Future<?> answer(Imports.Batch done, List<JsonObject> faults) {
        registered += done.registered();
        refused += done.results().size() - done.registered() + faults.size();
        seq = done.seq() == null ? seq : done.seq();
        StringBuilder text = new StringBuilder();
        done.results().forEach(result -> text.append(result.encode()).append('\n'));
        faults.forEach(result -> text.append(result.encode()).append('\n'));
        return response.write(text.toString());
    }

    private void finish() {
        over = true;
        response.end(new JsonObject()
                        .put(
                                "done",
                                new JsonObject()
                                        .put("lines", lines)
                                        .put("registered", registered)
                                        .put("refused", refused)
                                        .put("seq", seq))
                        .encode()
                + "\n");
    }

    /** Without {@code done}: whoever reads it knows that it is not whole. The rest of the request is not read. */
    private void breakOff(int code, String detail) {
        if (over) {
            return;
        }
        over = true;
        response.end(result(lines, code, detail).encode() + "\n")
                .onComplete(ended -> request.connection().close());
    }

    private static JsonObject result(long line, int code, String detail) {
        return new JsonObject()
                .put("line", line)
                .put("error", new JsonObject().put("code", code).put("detail", detail));
    }
}
