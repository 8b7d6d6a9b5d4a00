-- Health of the parts of the server over time (/v0/cluster/events).

CREATE TABLE cluster_event (
    id                      uuid PRIMARY KEY,
    recorded_at             timestamptz NOT NULL,
    api_status              text NOT NULL CHECK (api_status IN ('healthy', 'initial_unhealthy', 'unhealthy')),
    api_self_info           text NOT NULL,
    api_resources_info      text NOT NULL,
    compiler_status         text NOT NULL CHECK (compiler_status IN ('healthy', 'initial_unhealthy', 'unhealthy')),
    compiler_self_info      text NOT NULL,
    compiler_resources_info text NOT NULL,
    runner_status           text NOT NULL CHECK (runner_status IN ('healthy', 'initial_unhealthy', 'unhealthy')),
    runner_self_info        text NOT NULL,
    runner_resources_info   text NOT NULL
);
COMMENT ON TABLE cluster_event IS 'Checks of health that are kept: changes, and now and then one without';
CREATE INDEX cluster_event_by_time ON cluster_event (recorded_at DESC, id DESC);
