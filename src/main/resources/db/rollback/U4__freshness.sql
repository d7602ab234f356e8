DROP FUNCTION client_registry.prune_log(INTERVAL, BIGINT, INTEGER);
DROP FUNCTION client_registry.raise_epoch(TEXT);
DROP TABLE client_registry.registry_pruned;
