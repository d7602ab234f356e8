package io.portcullis;

import java.io.InputStream;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the program finds around it when it is started, so that a test can give it something else.
 *
 * @param environment variables by name
 * @param in standard input
 * @param user account of the person, for the audit
 * @param terminal null where nobody can be asked
 */
record Shell(
        Map<String, String> environment,
        InputStream in,
        String user,
        @Nullable Terminal terminal) {

    Shell {
        environment = Map.copyOf(environment);
    }

    /** Asks the person at the terminal. Each answer is null where input has ended. */
    interface Terminal {

        @Nullable
        String ask(String question);

        /** Without echo. */
        char @Nullable [] askSecret(String question);
    }
}
