package io.weirkeeper.engine.flow;

/**
 * What the pipeline has done since its start (spec: pipeline-protocol §3.1). At any moment {@code
 * completedRecords ≤ processedRecords ≤ inputRecords} and {@code completedSteps ≤ initiatedSteps}.
 *
 * @param initiatedSteps steps begun; step 0 is not counted
 * @param completedSteps steps whose output has been delivered; step 0 is not counted
 * @param lastStepNanos wall time of the last completed step, from its cut to the end of its
 *     delivery; 0 before the first
 * @param totalStepNanos sum of these times
 * @param inputRecords records queued at all endpoints
 * @param inputBytes bytes queued at all endpoints
 * @param bufferedRecords records that wait for a step
 * @param bufferedBytes bytes that wait for a step
 * @param processedRecords records that Flink has processed
 * @param processedBytes bytes that Flink has processed
 * @param completedRecords records whose effect has been delivered
 * @param ignoredDeletes deletes and updates of rows or keys that were not there
 */
public record StepCounters(
    long initiatedSteps,
    long completedSteps,
    long lastStepNanos,
    long totalStepNanos,
    long inputRecords,
    long inputBytes,
    long bufferedRecords,
    long bufferedBytes,
    long processedRecords,
    long processedBytes,
    long completedRecords,
    long ignoredDeletes) {}
