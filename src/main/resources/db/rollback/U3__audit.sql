DROP TABLE client_registry.audit_logs;
DROP FUNCTION client_registry.refuse_change();
