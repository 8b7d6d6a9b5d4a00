package io.weirkeeper.engine.flow;

import io.weirkeeper.core.plan.ProgramState;
import java.nio.file.Path;
import java.util.List;

/**
 * The state of a dataflow after a step, in the files of a directory.
 *
 * @param directory where the files are
 * @param step the step
 * @param program whose state it is
 * @param jobs Flink's parts; none in a program without views
 * @param parallelism of that dataflow; another one can't take the state over
 * @param logSegment segment of the log with which what came later begins; 0 without a log
 * @param processedRecords records processed up to that step
 */
public record SavedState(
    Path directory,
    long step,
    ProgramState program,
    List<SavedJob> jobs,
    int parallelism,
    long logSegment,
    long processedRecords) {}
