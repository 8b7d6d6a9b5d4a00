/**
 * All SQL of the control plane: migrations, guarded writes, loads, sessions and claims.
 *
 * <p>{@link io.weirkeeper.store.Database} is the door: it migrates the schema, opens the pool and
 * hands out {@link io.weirkeeper.store.PipelineStore} (rows of pipelines) and {@link
 * io.weirkeeper.store.SessionStore} (rows of nodes and shards) and {@link
 * io.weirkeeper.store.AccessStores} (tenants, users, keys, trusts). There are no rules here about
 * what a pipeline may do; there is one about who may write: every write of a pipeline carries a
 * {@link io.weirkeeper.store.Guard} and is a single statement.
 */
package io.weirkeeper.store;
