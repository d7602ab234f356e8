DROP FUNCTION client_registry.forget(UUID);
DROP POLICY tenant ON client_registry.audit_logs;
DROP POLICY tenant ON client_registry.client_key_usage;
DROP POLICY tenant ON client_registry.client_keys;
DROP POLICY tenant ON client_registry.clients;
ALTER TABLE client_registry.audit_logs NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
ALTER TABLE client_registry.client_key_usage DISABLE ROW LEVEL SECURITY;
ALTER TABLE client_registry.client_keys DISABLE ROW LEVEL SECURITY;
ALTER TABLE client_registry.clients DISABLE ROW LEVEL SECURITY;
DROP TABLE client_registry.idempotency_keys;
DROP TABLE client_registry.admin_tokens;
DROP FUNCTION client_registry.admit_tenants();
-- The role stays: other databases of this server may use it.
DO $$
BEGIN
    IF to_regrole('portcullis_tenant') IS NOT NULL THEN
        REVOKE ALL ON ALL TABLES IN SCHEMA client_registry FROM portcullis_tenant;
        REVOKE ALL ON SCHEMA client_registry FROM portcullis_tenant;
    END IF;
END $$;
