/**
 * The contents of the materialized tables and views, held in an in-process DuckDB for ad-hoc
 * queries. The door is {@link io.weirkeeper.engine.store.AdHocStore}.
 */
package io.weirkeeper.engine.store;
