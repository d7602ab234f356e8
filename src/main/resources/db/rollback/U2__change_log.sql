-- Without its log no cache can be trusted: stop every gateway first.
DROP FUNCTION client_registry.registry_trigger_faults();
DROP TABLE client_registry.node_heartbeats;
DROP FUNCTION client_registry.current_seq();
DROP FUNCTION client_registry.current_epoch();
DROP TABLE client_registry.registry_epoch;

DROP TRIGGER log_row ON client_registry.client_keys;
DROP TRIGGER log_truncate ON client_registry.client_keys;
DROP TRIGGER log_delete ON client_registry.client_keys;
DROP TRIGGER log_update ON client_registry.client_keys;
DROP TRIGGER log_insert ON client_registry.client_keys;
DROP TRIGGER log_row ON client_registry.clients;
DROP TRIGGER log_truncate ON client_registry.clients;
DROP TRIGGER log_delete ON client_registry.clients;
DROP TRIGGER log_update ON client_registry.clients;
DROP TRIGGER log_insert ON client_registry.clients;
DROP FUNCTION client_registry.log_client_key_row();
DROP FUNCTION client_registry.log_client_row();
DROP FUNCTION client_registry.log_client_keys();
DROP FUNCTION client_registry.log_clients();
DROP FUNCTION client_registry.request_seq();
DROP TABLE client_registry.registry_commits;
DROP FUNCTION client_registry.number_commit();
DROP TABLE client_registry.registry_changes;
DROP SEQUENCE client_registry.registry_seq;
