package io.portcullis.bus;

import io.vertx.core.Vertx;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.MessageConsumer;
import java.util.function.Consumer;

/**
 * Something that one verticle tells every other one of the process that listens: address and type, bound in one constant. Nobody answers,
 * and nobody is waited for.
 *
 * @param <E> the event, an immutable record
 */
public final class BusEvent<E> {

    private final String address;

    private BusEvent(String address) {
        this.address = address;
    }

    public static <E> BusEvent<E> of(String address) {
        return new BusEvent<>(address);
    }

    public String address() {
        return address;
    }

    /** Tells all who listen now. Each is told on its own context, in the order of publishing. */
    public void publish(EventBus bus, E event) {
        bus.publish(address, event, LocalCodec.options());
    }

    /** Listens on the context this is called from, until the consumer is unregistered. */
    public MessageConsumer<?> listen(Vertx vertx, Consumer<E> listener) {
        return vertx.eventBus().<E>localConsumer(address, message -> listener.accept(message.body()));
    }
}
