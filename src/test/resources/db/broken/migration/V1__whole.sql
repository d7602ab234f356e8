CREATE TABLE client_registry.whole (id BIGINT);
