package io.weirkeeper.verticles.actor;

import io.weirkeeper.store.PipelineStore;
import io.weirkeeper.verticles.process.DeploymentHost;
import io.weirkeeper.verticles.process.ProcessControl;
import java.time.Clock;

/**
 * Everything that an actor touches.
 *
 * @param settings times and limits
 * @param rules what follows from what
 * @param store the truth
 * @param guards which shards this node may write
 * @param host this host's processes
 * @param processes speaks to them
 * @param compiler compiles programs
 * @param timers time and turns
 * @param clock wall clock, for timestamps only
 * @param identifiers random identifiers
 * @param log the pipeline's log
 * @param publication where states are published
 */
public record PipelinePorts(
    PipelineSettings settings,
    Rules rules,
    PipelineStore store,
    Guards guards,
    DeploymentHost host,
    ProcessControl processes,
    ProgramCompiler compiler,
    Timers timers,
    Clock clock,
    Identifiers identifiers,
    ActorLog log,
    Publication publication) {}
