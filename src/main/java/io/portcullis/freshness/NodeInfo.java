package io.portcullis.freshness;

import java.util.UUID;

/**
 * Who this process is, among the nodes.
 *
 * @param id new for each start: a process that comes back is another one
 * @param name how an operator knows it
 */
public record NodeInfo(String id, String name) {

    /** By host and process id. */
    public static NodeInfo ofThisProcess() {
        String host = System.getenv("HOSTNAME");
        return new NodeInfo(
                UUID.randomUUID().toString(),
                (host == null ? "node" : host) + "/" + ProcessHandle.current().pid());
    }
}
