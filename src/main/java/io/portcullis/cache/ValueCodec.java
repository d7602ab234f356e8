package io.portcullis.cache;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/** How values of one kind are written and read. */
public interface ValueCodec<V> {

    void write(V value, DataOutput out) throws IOException;

    /**
     * What {@link #write} wrote.
     *
     * @throws IOException or {@link IllegalArgumentException} for what it cannot have written
     */
    V read(DataInput in) throws IOException;
}
