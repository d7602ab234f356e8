package io.portcullis.management;

import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Reads a request's parameters as the contract has them. */
final class Parameters {

    private final List<Contract.Parameter> known;
    private final Set<String> inQuery;

    Parameters(List<Contract.Parameter> known) {
        this.known = known;
        this.inQuery = known.stream()
                .filter(parameter -> parameter.in().equals("query"))
                .map(Contract.Parameter::name)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** What was sent, or what is wrong with it. */
    record Read(Map<String, Object> values, @Nullable String fault) {

        static Read wrong(String fault) {
            return new Read(Map.of(), fault);
        }
    }

    /** What a path parameter is called in a regular expression. */
    static String group(String name) {
        return name.replace("_", "");
    }

    Read read(RoutingContext context) {
        HttpServerRequest request = context.request();
        for (String name : context.queryParams().names()) {
            if (!inQuery.contains(name)) {
                return Read.wrong("there is no parameter of this name here; there are " + inQuery);
            }
            if (context.queryParams().getAll(name).size() > 1) {
                return Read.wrong(name + " stands there twice");
            }
        }
        Map<String, Object> values = new HashMap<>();
        for (Contract.Parameter parameter : known) {
            String name = parameter.name();
            List<String> sent = switch (parameter.in()) {
                case "query" -> context.queryParam(name);
                case "header" -> request.headers().getAll(name);
                default -> List.of(context.pathParam(group(name)));
            };
            if (sent.size() > 1) {
                return Read.wrong(name + " stands there twice");
            }
            if (sent.isEmpty()) {
                if (parameter.required()) {
                    return Read.wrong(name + " is missing");
                }
                Object otherwise = parameter.byDefault();
                if (otherwise != null) {
                    values.put(name, otherwise);
                }
                continue;
            }
            Object value = typed(parameter, sent.get(0));
            String fault = Faults.of(value, parameter.validator());
            if (fault != null) {
                return Read.wrong(name + ": " + fault);
            }
            values.put(name, value);
        }
        return new Read(values, null);
    }

    /** Text as the type that is asked for; what is none is left for the validator to refuse. */
    private static Object typed(Contract.Parameter parameter, String text) {
        String type = parameter.schema().getValue("type") instanceof String given ? given : "";
        return switch (type) {
            case "integer" -> text.matches("-?[0-9]{1,18}") ? (Object) Long.valueOf(text) : text;
            case "boolean" -> text.equals("true") || text.equals("false") ? (Object) Boolean.valueOf(text) : text;
            default -> text;
        };
    }
}
