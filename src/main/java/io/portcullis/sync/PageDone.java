package io.portcullis.sync;

import java.util.List;

/**
 * What a page has come to, committed.
 *
 * @param batch behind it
 * @param faulty of those reported, how many are no client's record
 * @param changed clients whose {@code cids} is not what it was
 */
public record PageDone(Batch batch, int matched, int repaired, int reported, int faulty, List<String> changed) {

    public PageDone {
        changed = List.copyOf(changed);
    }
}
