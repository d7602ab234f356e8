package io.portcullis;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.sdk.trace.data.DelegatingSpanData;
import io.opentelemetry.sdk.trace.data.EventData;
import io.opentelemetry.sdk.trace.data.LinkData;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.data.StatusData;
import java.util.List;
import java.util.Set;

/**
 * A span of which only what we wrote leaves the process. What Vert.x puts into one is from the caller in part (path and query, which may
 * hold a key; the method, which may be any word; {@code tracestate}) or may quote it (the message of an exception). So attributes are
 * allowed by name, and all else is left out: one that a later Vert.x adds as well. Statements hold placeholders, never values.
 */
final class PublicSpan extends DelegatingSpanData {

    private static final Set<String> ALLOWED = Set.of(
            "http.response.status_code",
            "url.scheme",
            "messaging.destination.name",
            "messaging.system",
            "messaging.operation.name",
            "db.system",
            "db.namespace",
            "db.operation.name",
            "db.query.text",
            "db.query.summary",
            "db.statement",
            "db.instance",
            "server.address",
            "server.port",
            "network.peer.address",
            "network.peer.port");

    private static final String METHOD = "http.request.method";
    private static final Set<String> METHODS =
            Set.of("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT");

    /** As OpenTelemetry's conventions for HTTP have it. */
    private static final String OTHER_METHOD = "_OTHER";

    private final SpanData span;
    private final Attributes attributes;

    PublicSpan(SpanData span) {
        super(span);
        this.span = span;
        AttributesBuilder kept = Attributes.builder();
        span.getAttributes().forEach((key, value) -> {
            if (ALLOWED.contains(key.getKey())) {
                keep(kept, key, value);
            } else if (key.getKey().equals(METHOD)) {
                kept.put(METHOD, method(value.toString()));
            }
        });
        this.attributes = kept.build();
    }

    @SuppressWarnings("unchecked") // a key and its own value
    private static <T> void keep(AttributesBuilder kept, AttributeKey<T> key, Object value) {
        kept.put(key, (T) value);
    }

    @Override
    public Attributes getAttributes() {
        return attributes;
    }

    @Override
    public int getTotalAttributeCount() {
        return attributes.size();
    }

    /** Of a request, Vert.x takes the method; all others are fixed words. */
    @Override
    public String getName() {
        return span.getKind() == SpanKind.SERVER && attributes.get(AttributeKey.stringKey(METHOD)) != null
                ? method(span.getName())
                : span.getName();
    }

    @Override
    public List<EventData> getEvents() {
        return List.of();
    }

    @Override
    public int getTotalRecordedEvents() {
        return 0;
    }

    @Override
    public List<LinkData> getLinks() {
        return List.of();
    }

    @Override
    public int getTotalRecordedLinks() {
        return 0;
    }

    /** An exception was recorded: that it failed is told, and what with is in our own log. */
    @Override
    public StatusData getStatus() {
        return span.getEvents().isEmpty() && span.getStatus().equals(StatusData.unset())
                ? StatusData.unset()
                : span.getEvents().isEmpty() && span.getStatus().equals(StatusData.ok())
                        ? StatusData.ok()
                        : StatusData.error();
    }

    @Override
    public SpanContext getSpanContext() {
        return withoutState(span.getSpanContext());
    }

    @Override
    public SpanContext getParentSpanContext() {
        return withoutState(span.getParentSpanContext());
    }

    private static SpanContext withoutState(SpanContext context) {
        if (context.getTraceState().isEmpty()) {
            return context;
        }
        TraceFlags flags = context.getTraceFlags();
        return context.isRemote()
                ? SpanContext.createFromRemoteParent(
                        context.getTraceId(), context.getSpanId(), flags, TraceState.getDefault())
                : SpanContext.create(context.getTraceId(), context.getSpanId(), flags, TraceState.getDefault());
    }

    private static String method(String name) {
        return METHODS.contains(name) ? name : OTHER_METHOD;
    }
}
