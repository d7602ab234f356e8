package io.portcullis.auth;

import org.jspecify.annotations.Nullable;

/**
 * What holds a client's record in this process. Whoever decides by the record may attach what he had to look up for it, and finds it there at
 * the client's next request, without a look-up; it goes with the record. One attachment, of one owner. Thread-safe.
 */
public interface Attachable {

    /** Holds nothing: for a record that nobody will find again. */
    Attachable NOTHING = new Attachable() {
        @Override
        public @Nullable Object attachment() {
            return null;
        }

        @Override
        public void attach(Object attachment) {
            // Is gone at once.
        }
    };

    /** What was attached last; null where nothing was. */
    @Nullable
    Object attachment();

    /** In place of what was attached before. */
    void attach(Object attachment);
}
