DROP INDEX client_registry.audit_logs_by_key;
DROP TABLE client_registry.sync_batches;
DROP TABLE client_registry.cids;
DROP TABLE client_registry.source_events;
DROP TABLE client_registry.source_clients;
