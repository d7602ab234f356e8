DROP TABLE client_registry.write_behind;
DROP TABLE client_registry.traffic_minutes;
