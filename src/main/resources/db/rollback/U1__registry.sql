-- The schema itself goes with the migration history, if the migrations made it and nobody else keeps anything there.
DROP TABLE client_registry.client_key_usage;
DROP TABLE client_registry.client_keys;
DROP TABLE client_registry.clients;
DROP FUNCTION client_registry.equal_hashes();
DROP FUNCTION client_registry.keep_version();
DROP FUNCTION client_registry.move_version();
DROP FUNCTION client_registry.stamp_version();
DROP SEQUENCE client_registry.registry_version;
