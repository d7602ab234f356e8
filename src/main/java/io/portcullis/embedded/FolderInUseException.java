package io.portcullis.embedded;

import java.nio.file.Path;

/** Another gateway holds the data folder. */
public final class FolderInUseException extends EmbeddedException {
    FolderInUseException(Path folder, String holder) {
        super("the data folder " + folder + " is in use by the gateway with process id " + holder
                + ": stop that one first, or choose another folder (embedded.data)");
    }
}
