package io.portcullis.registry;

class InMemoryClientRegistryTest extends ClientRegistryContract {

    private final ClientRegistry registry = new InMemoryClientRegistry();

    @Override
    ClientRegistry registry() {
        return registry;
    }
}
