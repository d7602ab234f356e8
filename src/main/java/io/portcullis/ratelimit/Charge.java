package io.portcullis.ratelimit;

import java.util.List;

/**
 * What is asked of a limit in Redis.
 *
 * @param name of the limit: policy and subject
 * @param wanted so many, or fewer; 0 to see how it stands
 * @param leaseNanos how long they are to be usable, from when this is sent; 0: they are used now
 * @param id under which they can be given back
 * @param counts whether others of the same request are refused with it
 * @param carried so many that were admitted without Redis, and count
 * @param back what is given back
 */
record Charge(
        String name,
        Rule rule,
        long wanted,
        long leaseNanos,
        String id,
        boolean counts,
        long carried,
        List<Back> back) {

    /**
     * A lease that is over.
     *
     * @param size as it was granted
     * @param unused of it
     */
    record Back(long size, String id, long unused) {}

    /** Those of one request: where one that {@code counts} has nothing left, none is granted anything. */
    record Several(List<Charge> charges) {

        static Several of(Charge charge) {
            return new Several(List.of(charge));
        }
    }

    /**
     * How one limit stands then.
     *
     * @param left beside what is granted; negative where there was too much
     * @param waitMicros until there is one again; 0 where there is
     * @param fullMicros until all are there again
     */
    record Granted(long granted, long left, long waitMicros, long fullMicros) {}

    /**
     * What Redis says.
     *
     * @param generation another one where Redis has lost what it knew
     * @param warming whether it knows too little yet to grant anything
     * @param granted in the order of the question
     */
    record Answer(long generation, boolean warming, List<Granted> granted) {}
}
