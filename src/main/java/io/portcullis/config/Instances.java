package io.portcullis.config;

import org.jspecify.annotations.Nullable;

/**
 * How many of one verticle a process deploys.
 *
 * @param fixed a number, 0 for none in this process; {@code null} for one per event loop ({@code auto})
 */
public record Instances(@Nullable Integer fixed) {
    public static final Instances AUTO = new Instances(null);
    public static final Instances NONE = new Instances(0);

    public static Instances of(int count) {
        return new Instances(count);
    }

    /**
     * Reads {@code auto} or a number.
     *
     * @throws IllegalArgumentException if the text is neither
     */
    public static Instances parse(String text) {
        if (text.equals("auto")) {
            return AUTO;
        }
        if (!text.matches("0|[1-9][0-9]{0,8}")) {
            throw new IllegalArgumentException("expected auto (one per event loop) or a number, 0 for none");
        }
        return of(Integer.parseInt(text));
    }

    public boolean any() {
        return fixed == null || fixed > 0;
    }

    /** The number to deploy in a process with so many event loops. */
    public int on(int eventLoops) {
        return fixed == null ? eventLoops : fixed;
    }

    @Override
    public String toString() {
        return fixed == null ? "auto" : fixed.toString();
    }
}
