package io.portcullis.events;

import io.portcullis.source.EventType;
import io.portcullis.source.SourceEvent;
import org.jspecify.annotations.Nullable;

/** What an entry of the stream turned out to be. */
sealed interface Reading {

    /** An event that can be applied. */
    record Event(SourceEvent event) implements Reading {}

    /**
     * An event of a type that means nothing to this build.
     *
     * @param type its name, 1 to 100 characters of {@code a-z 0-9 . _ -}
     */
    record Foreign(String type) implements Reading {}

    /**
     * No event.
     *
     * @param type null if that cannot be told either
     * @param reason for people; quotes nothing of the entry
     */
    record Fault(@Nullable EventType type, String reason) implements Reading {}
}
