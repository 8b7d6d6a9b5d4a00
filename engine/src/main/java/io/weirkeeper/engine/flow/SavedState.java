package io.weirkeeper.engine.flow;

import java.nio.file.Path;

/**
 * The state of a dataflow after a step, in the files of a directory.
 *
 * @param directory where the files are
 * @param step the step
 * @param flink Flink's part, relative to the directory; empty in a program without views
 * @param format of Flink's part
 * @param operators {@link Dataflow#operators} of the dataflow that saved it
 * @param parallelism of that dataflow; another one can't take the state over
 * @param logSegment segment of the log with which what came later begins; 0 without a log
 * @param processedRecords records processed up to that step
 */
public record SavedState(
    Path directory,
    long step,
    String flink,
    StateFormat format,
    String operators,
    int parallelism,
    long logSegment,
    long processedRecords) {}
