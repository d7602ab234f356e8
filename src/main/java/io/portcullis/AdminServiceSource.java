package io.portcullis;

import io.portcullis.bus.Deadline;
import io.portcullis.sync.ClientSource;
import io.portcullis.upstream.AdminServiceCalls;
import io.portcullis.upstream.AdminServiceCalls.PageQuestion;
import io.vertx.core.Future;
import io.vertx.core.eventbus.EventBus;
import org.jspecify.annotations.Nullable;

/** The Admin Service as the sync asks it: by way of its verticle in this process. From any thread. */
final class AdminServiceSource implements ClientSource {

    private final EventBus bus;

    AdminServiceSource(EventBus bus) {
        this.bus = bus;
    }

    @Override
    public Future<Page> page(@Nullable String cursor, int limit, Deadline deadline) {
        return AdminServiceCalls.CLIENTS
                .ask(bus, new PageQuestion(cursor, limit), deadline)
                .map(page -> new Page(page.items(), page.next()));
    }
}
