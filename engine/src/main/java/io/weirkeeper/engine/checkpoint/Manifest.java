package io.weirkeeper.engine.checkpoint;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import io.weirkeeper.core.plan.ProgramState;
import io.weirkeeper.engine.flow.SavedJob;
import java.math.BigInteger;
import java.util.List;
import java.util.UUID;

/**
 * A complete checkpoint: all its files with their checksums, and what they belong to. It is written
 * last; a directory without one is no checkpoint.
 *
 * @param formatVersion version of this document and of the files that it names
 * @param uuid name of the checkpoint
 * @param number rises with every checkpoint of the storage; the newest has the highest
 * @param createdAtMillis wall clock, milliseconds since the epoch
 * @param step last step whose effect is in it; Flink's own files say the same
 * @param processedRecords records processed up to that step
 * @param program what of the program the state depends on
 * @param jobs Flink's jobs with what each was planned from
 * @param parallelism subtasks of each operator
 * @param logSegment segment of the journal with which what came later begins; 0 without a journal
 * @param connectors where inputs and outputs stood after the step; null without any
 * @param pipelineId the pipeline
 * @param storageGeneration generation of its storage, the directory's name
 * @param deploymentNumber the deployment that wrote it
 * @param files all files but this one
 */
public record Manifest(
    @JsonProperty("format_version") int formatVersion,
    @JsonProperty("uuid") UUID uuid,
    @JsonProperty("number") long number,
    @JsonProperty("created_at_millis") long createdAtMillis,
    @JsonProperty("step") long step,
    @JsonProperty("processed_records") long processedRecords,
    @JsonProperty("program") ProgramState program,
    @JsonProperty("jobs") List<SavedJob> jobs,
    @JsonProperty("parallelism") int parallelism,
    @JsonProperty("log_segment") long logSegment,
    @JsonProperty("connectors") JsonNode connectors,
    @JsonProperty("pipeline_id") UUID pipelineId,
    @JsonProperty("storage_generation") String storageGeneration,
    @JsonProperty("deployment_number") long deploymentNumber,
    @JsonProperty("files") List<FileSum> files) {

  /** The version that this build writes and reads. */
  public static final int FORMAT_VERSION = 2;

  /**
   * A file.
   *
   * @param path relative to the checkpoint's directory
   * @param bytes its size
   * @param crc32c checksum of its contents
   */
  public record FileSum(
      @JsonProperty("path") String path,
      @JsonProperty("bytes") long bytes,
      @JsonProperty("crc32c") long crc32c) {}

  /** Size of all files in bytes. */
  public long bytes() {
    return files.stream().mapToLong(FileSum::bytes).sum();
  }

  /** The program's digest as an unsigned number of 64 bits, for the API. */
  public BigInteger fingerprint() {
    return new BigInteger(program.digest().substring(0, 16), 16);
  }
}
