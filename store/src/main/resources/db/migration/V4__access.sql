-- Who may do what: users, their memberships, API keys and trusts.

ALTER TABLE tenant ADD COLUMN initial_provider text NOT NULL DEFAULT 'none';
COMMENT ON COLUMN tenant.initial_provider IS 'Issuer under which the tenant was made';

CREATE TABLE app_user (
    id             uuid PRIMARY KEY,
    provider       text NOT NULL,
    subject        text NOT NULL,
    email          text,
    email_verified boolean NOT NULL DEFAULT false,
    display_name   text,
    created_at     timestamptz NOT NULL DEFAULT now(),
    UNIQUE (provider, subject)
);
COMMENT ON TABLE app_user IS 'Logins that were seen, or that an administrator named';
COMMENT ON COLUMN app_user.provider IS 'Issuer of the login';

CREATE TABLE membership (
    tenant_id  uuid NOT NULL REFERENCES tenant (id) ON DELETE CASCADE,
    user_id    uuid NOT NULL REFERENCES app_user (id) ON DELETE CASCADE,
    role       text NOT NULL CHECK (role IN ('read', 'write', 'admin')),
    origin     text CHECK (origin IN ('claim', 'derived', 'api')),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, tenant_id)
);
COMMENT ON TABLE membership IS 'The authority on who belongs to a tenant; owners stand in the deployment''s settings alone';
CREATE INDEX membership_by_tenant ON membership (tenant_id);

CREATE TABLE api_key (
    id           uuid PRIMARY KEY,
    tenant_id    uuid NOT NULL REFERENCES tenant (id),
    name         text NOT NULL,
    hash         text NOT NULL UNIQUE,
    role         text NOT NULL CHECK (role IN ('read', 'write')),
    created_at   timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz,
    last_used_at timestamptz,
    CONSTRAINT api_key_name_is_unique UNIQUE (tenant_id, name)
);
COMMENT ON COLUMN api_key.hash IS 'Base64 of SHA-256 of the key; the key itself is never stored';
COMMENT ON COLUMN api_key.last_used_at IS 'To the minute';

CREATE TABLE oidc_trust (
    id          uuid PRIMARY KEY,
    tenant_id   uuid NOT NULL REFERENCES tenant (id),
    name        text NOT NULL,
    description text,
    issuer      text NOT NULL,
    subject     text NOT NULL,
    audience    text,
    role        text NOT NULL CHECK (role IN ('read', 'write', 'admin')),
    created_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT oidc_trust_name_is_unique UNIQUE (tenant_id, name)
);
COMMENT ON COLUMN oidc_trust.subject IS 'Pattern in which * stands for any run of characters; audience too';
CREATE INDEX oidc_trust_by_issuer ON oidc_trust (issuer);

CREATE TABLE access_generation (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    number   bigint NOT NULL
);
COMMENT ON TABLE access_generation IS 'Raised in the statement that takes a right away or changes one; nodes poll it and forget whom they had admitted';
INSERT INTO access_generation (number) VALUES (1);
