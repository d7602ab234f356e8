package io.portcullis.config;

import java.util.List;
import java.util.stream.Collectors;

/** The configuration cannot be used. Lists all that is wrong with it, one fault a line; shows no secret. */
public final class ConfigException extends RuntimeException {
    private final transient List<Fault> faults;

    public ConfigException(List<Fault> faults) {
        super(faults.stream().map(Fault::toString).collect(Collectors.joining(System.lineSeparator())));
        this.faults = List.copyOf(faults);
    }

    public List<Fault> faults() {
        return faults;
    }
}
