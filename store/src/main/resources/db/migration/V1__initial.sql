-- Weirkeeper's schema. Migrations only ever add: a node of the version before runs beside this one.

CREATE TABLE cluster_meta (
    only_row     boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    shard_count  integer NOT NULL,
    hash_version integer NOT NULL
);
COMMENT ON TABLE cluster_meta IS 'One row: what all nodes must agree on';
COMMENT ON COLUMN cluster_meta.shard_count IS 'Number of shards; checked at start, because another number strands every row';
COMMENT ON COLUMN cluster_meta.hash_version IS 'Version of the hash of (tenant, name); checked at start';
INSERT INTO cluster_meta (shard_count, hash_version) VALUES (256, 1);

CREATE TABLE tenant (
    id         uuid PRIMARY KEY,
    name       text NOT NULL UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE tenant IS 'Owners of pipelines';
INSERT INTO tenant (id, name) VALUES ('00000000-0000-0000-0000-000000000000', 'default');

CREATE TABLE node (
    incarnation uuid PRIMARY KEY,
    node_name   text NOT NULL,
    address     text NOT NULL,
    host_id     text NOT NULL,
    boot_id     text NOT NULL,
    renewals    bigint NOT NULL DEFAULT 0,
    fenced      boolean NOT NULL DEFAULT false,
    draining    boolean NOT NULL DEFAULT false,
    version     text NOT NULL,
    started_at  timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE node IS 'Sessions: one row for each start of a node';
COMMENT ON COLUMN node.host_id IS 'Id of the data directory; incarnations that share it never run at once';
COMMENT ON COLUMN node.renewals IS 'Raised every second; a counter that stands still, not a clock, is what expiry is judged by';
COMMENT ON COLUMN node.fenced IS 'Never becomes false again: a fenced incarnation can neither renew nor claim';
COMMENT ON COLUMN node.draining IS 'The node wants to be rid of its shards';

CREATE TABLE shard (
    id         integer PRIMARY KEY,
    owner      uuid REFERENCES node (incarnation),
    epoch      bigint NOT NULL DEFAULT 0,
    handoff_to uuid
) WITH (fillfactor = 50);
COMMENT ON TABLE shard IS 'Who may write the pipelines of a shard; every guarded write locks its row FOR SHARE';
COMMENT ON COLUMN shard.epoch IS 'Raised by every claim; guards are (id, epoch, owner), never the epoch alone';
COMMENT ON COLUMN shard.handoff_to IS 'Incarnation that the owner offers the shard to';
INSERT INTO shard (id) SELECT generate_series(0, 255);

CREATE TABLE pipeline (
    tenant_id                   uuid NOT NULL REFERENCES tenant (id),
    id                          uuid NOT NULL,
    shard                       integer NOT NULL,
    revision                    bigint NOT NULL,
    created_at                  timestamptz NOT NULL,
    name                        text NOT NULL,
    description                 text NOT NULL,
    tags                        text[] NOT NULL,
    runtime_config              jsonb NOT NULL,
    program_code                text NOT NULL,
    udf_rust                    text NOT NULL,
    udf_toml                    text NOT NULL,
    program_config              jsonb NOT NULL,
    version                     bigint NOT NULL,
    program_version             bigint NOT NULL,
    refresh_version             bigint NOT NULL,
    platform_version            text NOT NULL,
    program_status              text NOT NULL CHECK (program_status IN
        ('pending', 'compiling_sql', 'sql_compiled', 'compiling_rust', 'success', 'sql_error', 'rust_error', 'system_error')),
    program_status_since        timestamptz NOT NULL,
    sql_compilation             jsonb,
    rust_compilation            jsonb,
    system_error                text,
    program_info                jsonb,
    program_plan                jsonb,
    storage_status              text NOT NULL CHECK (storage_status IN ('cleared', 'in_use', 'clearing')),
    storage_status_details      jsonb,
    storage_host                text,
    storage_gen                 bigint NOT NULL CHECK (storage_gen >= 1),
    resources_status            text NOT NULL CHECK (resources_status IN
        ('stopped', 'provisioning', 'provisioned', 'stopping')),
    resources_status_since      timestamptz NOT NULL,
    resources_status_details    jsonb,
    resources_desired           text NOT NULL CHECK (resources_desired IN ('stopped', 'provisioned')),
    resources_desired_since     timestamptz NOT NULL,
    runtime_status              text CHECK (runtime_status IN
        ('unavailable', 'coordination', 'standby', 'initializing', 'awaiting_approval', 'bootstrapping',
         'concurrent_bootstrapping', 'synchronizing', 'replaying', 'paused', 'running', 'suspended')),
    runtime_status_since        timestamptz,
    runtime_status_details      jsonb,
    runtime_desired             text CHECK (runtime_desired IN
        ('unavailable', 'coordination', 'standby', 'paused', 'running', 'suspended')),
    runtime_desired_since       timestamptz,
    launch_initial              text CHECK (launch_initial IN ('standby', 'paused', 'running')),
    launch_bootstrap_policy     text CHECK (launch_bootstrap_policy IN ('allow', 'reject', 'await_approval')),
    launch_silent_bootstrap     boolean,
    launch_concurrent_bootstrap boolean,
    deployment_number           bigint NOT NULL CHECK (deployment_number >= 0),
    deployment_id               uuid,
    deployment_secret           text,
    deployment_config           jsonb,
    deployment_host             text,
    process_instance            uuid,
    process_boot_id             text,
    process_pid                 bigint,
    process_start_ticks         bigint,
    process_address             text,
    process_port                integer,
    lease_until                 timestamptz,
    deployment_error            jsonb,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT pipeline_name_is_unique UNIQUE (tenant_id, name),
    CHECK ((runtime_status IS NULL) = (runtime_status_since IS NULL)),
    CHECK ((runtime_desired IS NULL) = (runtime_desired_since IS NULL)),
    CHECK (num_nulls(launch_initial, launch_bootstrap_policy, launch_silent_bootstrap, launch_concurrent_bootstrap) IN (0, 4)),
    CHECK (num_nulls(process_instance, process_boot_id, process_pid, process_start_ticks, process_address, process_port) IN (0, 6)),
    CHECK (process_instance IS NULL OR deployment_id IS NOT NULL)
) WITH (fillfactor = 80);
COMMENT ON TABLE pipeline IS 'Everything of a pipeline. Written only by the owner of its shard, one statement a write';
COMMENT ON COLUMN pipeline.shard IS 'Hash of (tenant_id, name)';
COMMENT ON COLUMN pipeline.revision IS 'Raised by every write of the row, whatever it changes; compared by every write';
COMMENT ON COLUMN pipeline.program_plan IS 'What a process runs; never shown by the API';
COMMENT ON COLUMN pipeline.storage_host IS 'host_id of the data directory that holds the state; null while cleared';
COMMENT ON COLUMN pipeline.storage_gen IS 'Raised by every clear, before anything is deleted; names the directory';
COMMENT ON COLUMN pipeline.deployment_number IS 'Highest number issued; never falls';
COMMENT ON COLUMN pipeline.deployment_secret IS 'Shared with the process; never leaves the database and the two processes';
COMMENT ON COLUMN pipeline.process_instance IS 'Which process has this deployment; set once per number, by compare-and-set';
COMMENT ON COLUMN pipeline.lease_until IS 'The process halts itself after this time; written before a renewal is sent';

-- Takeover and start load whole shards, page by page.
CREATE INDEX pipeline_by_shard ON pipeline (shard, id);

CREATE TABLE pipeline_event (
    tenant_id                uuid NOT NULL,
    pipeline_id              uuid NOT NULL,
    revision                 bigint NOT NULL,
    event_id                 uuid NOT NULL,
    recorded_at              timestamptz NOT NULL,
    resources_status         text NOT NULL,
    resources_status_details jsonb,
    resources_desired        text NOT NULL,
    runtime_status           text,
    runtime_status_details   jsonb,
    runtime_desired          text,
    deployment_error         jsonb,
    program_status           text NOT NULL,
    storage_status           text NOT NULL,
    storage_status_details   jsonb,
    PRIMARY KEY (tenant_id, pipeline_id, revision),
    FOREIGN KEY (tenant_id, pipeline_id) REFERENCES pipeline (tenant_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE pipeline_event IS 'History of statuses, written in the statement of the change';
COMMENT ON COLUMN pipeline_event.revision IS 'Revision of the row after the change; gives the order';
