package io.portcullis.sync;

import io.portcullis.source.Verification.Finding;
import io.vertx.core.json.JsonObject;

/** A finding as it stands in the audit and is shown: no secret in it. */
final class DifferenceView {

    private DifferenceView() {}

    static JsonObject json(Finding finding) {
        JsonObject fields = new JsonObject();
        finding.differences()
                .forEach((field, difference) -> fields.put(
                        field, new JsonObject().put("here", difference.here()).put("there", difference.there())));
        return new JsonObject()
                .put(
                        "reason",
                        switch (finding.outcome()) {
                            case APPLIED -> "drifted";
                            case HELD -> "held";
                            case OUTDATED, DUPLICATE -> "the source has said something newer";
                        })
                .put("differences", fields);
    }
}
