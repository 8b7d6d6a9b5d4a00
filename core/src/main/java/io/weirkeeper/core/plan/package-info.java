/**
 * A compiled program: what the compiler hands to the engine. The plan says which tables and views
 * exist, their column types, and the Flink SQL of every view; it knows nothing of tenants,
 * pipelines or deployments.
 */
package io.weirkeeper.core.plan;
