DROP TABLE client_registry.whole;
DROP TABLE client_registry.missing;
