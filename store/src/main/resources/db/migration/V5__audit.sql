-- Who did what (GET /v0/audit). Rows are added and, when they are old, deleted; never changed.

CREATE TABLE audit_entry (
    id           uuid PRIMARY KEY,
    recorded_at  timestamptz NOT NULL,
    tenant_id    uuid,
    tenant_name  text,
    actor_kind   text NOT NULL,
    actor_issuer text NOT NULL,
    actor_name   text NOT NULL,
    source       text NOT NULL,
    operation    text NOT NULL,
    pipeline     text,
    object       text,
    status       integer NOT NULL,
    occurrences  bigint NOT NULL CHECK (occurrences > 0)
);
COMMENT ON TABLE audit_entry IS 'Never bodies, secrets or SQL; a tenant''s entries outlive it, so there is no foreign key';
COMMENT ON COLUMN audit_entry.id IS 'UUID of version 7, so that ids are in the order of time; also the request''s id';
COMMENT ON COLUMN audit_entry.tenant_id IS 'Acting tenant; null when a caller was not admitted';
COMMENT ON COLUMN audit_entry.occurrences IS 'Requests that the entry stands for: repeated ones are gathered for a minute';
CREATE INDEX audit_entry_by_tenant ON audit_entry (tenant_id, id DESC);
CREATE INDEX audit_entry_by_time ON audit_entry (recorded_at);

CREATE FUNCTION audit_entry_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit entries are never changed';
END
$$;
CREATE TRIGGER audit_entry_is_append_only BEFORE UPDATE ON audit_entry
    FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_is_append_only();
