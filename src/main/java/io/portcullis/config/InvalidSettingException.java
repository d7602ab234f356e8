package io.portcullis.config;

import java.util.List;
import java.util.stream.Collectors;

/** What a record found wrong with itself. The loader adds where each value came from; code that builds a record by hand reads the message. */
final class InvalidSettingException extends IllegalArgumentException {
    private final transient List<Problem> problems;

    /**
     * @param paths the key at fault first, then those it was held against
     * @param expected what would be right; names no secret
     */
    record Problem(List<String> paths, String expected) {}

    InvalidSettingException(List<Problem> problems) {
        super(problems.stream().map(p -> p.paths().get(0) + " " + p.expected()).collect(Collectors.joining("; ")));
        this.problems = List.copyOf(problems);
    }

    List<Problem> problems() {
        return problems;
    }
}
