package io.weirkeeper.store;

import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import io.weirkeeper.core.pipeline.PipelineEvent;
import io.weirkeeper.core.pipeline.ProgramStatus;
import io.weirkeeper.core.pipeline.ResourcesDesiredStatus;
import io.weirkeeper.core.pipeline.ResourcesStatus;
import io.weirkeeper.core.pipeline.RuntimeStatus;
import io.weirkeeper.core.pipeline.StorageStatus;
import java.util.UUID;

/** The columns of {@code pipeline_event}, and an event to and from them. */
final class EventTable {
  /** Names after tenant, pipeline and revision, in the order of {@link #add} and {@link #read}. */
  static final String NAMES =
      "event_id, recorded_at, resources_status, resources_status_details, resources_desired,"
          + " runtime_status, runtime_status_details, runtime_desired, deployment_error,"
          + " program_status, storage_status, storage_status_details";

  /** What {@link #read} needs. */
  static final String SELECTED =
      "event_id, recorded_at, resources_status, resources_status_details::text,"
          + " resources_desired, runtime_status, runtime_status_details::text, runtime_desired,"
          + " deployment_error::text, program_status, storage_status,"
          + " storage_status_details::text";

  private static final String[] TYPES = {
    "uuid",
    "timestamptz",
    "text",
    "text::jsonb",
    "text",
    "text",
    "text::jsonb",
    "text",
    "text::jsonb",
    "text",
    "text",
    "text::jsonb"
  };

  private EventTable() {}

  /** Placeholders of all values, the first being {@code $first}. */
  static String placeholders(int first) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < TYPES.length; i++) {
      text.append(i == 0 ? "$" : ", $").append(first + i).append("::").append(TYPES[i]);
    }
    return text.toString();
  }

  /** Adds the values. */
  static void add(Tuple values, PipelineEvent event) {
    values.addValue(event.eventId());
    values.addValue(PipelineTable.time(event.recordedAt()));
    values.addValue(PipelineTable.statusText(event.resourcesStatus()));
    values.addValue(Documents.text(event.resourcesDetails()));
    values.addValue(PipelineTable.statusText(event.resourcesDesired()));
    values.addValue(PipelineTable.statusText(event.runtimeStatus()));
    values.addValue(Documents.text(event.runtimeDetails()));
    values.addValue(PipelineTable.statusText(event.runtimeDesired()));
    values.addValue(Documents.text(event.deploymentError()));
    values.addValue(PipelineTable.statusText(event.programStatus()));
    values.addValue(PipelineTable.statusText(event.storageStatus()));
    values.addValue(Documents.text(event.storageDetails()));
  }

  /** Reads a row of {@link #SELECTED}. */
  static PipelineEvent read(Row row) {
    PipelineTable.Cursor c = new PipelineTable.Cursor(row, 0);
    return new PipelineEvent(
        c.next(UUID.class),
        c.time(),
        c.status(ResourcesStatus::ofColumn),
        c.document(),
        c.status(ResourcesDesiredStatus::ofColumn),
        c.status(RuntimeStatus::ofColumn),
        c.document(),
        c.status(RuntimeStatus::ofColumn),
        c.document(),
        c.status(ProgramStatus::ofColumn),
        c.status(StorageStatus::ofColumn),
        c.document());
  }
}
