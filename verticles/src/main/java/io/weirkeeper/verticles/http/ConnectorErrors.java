package io.weirkeeper.verticles.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.weirkeeper.core.pipeline.PipelineRecord;
import io.weirkeeper.core.pipeline.RuntimeStatus;
import io.weirkeeper.verticles.bus.PipelineRequest;
import io.weirkeeper.verticles.snapshot.Snapshot;
import java.io.IOException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Adds {@code connectors.num_errors} to the status of pipelines: from the stored details, or from
 * the process; left out when neither tells (spec: api-semantics §3.2).
 */
final class ConnectorErrors {
  private static final Logger LOG = LoggerFactory.getLogger(ConnectorErrors.class);
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private static final Set<RuntimeStatus> ASKED =
      EnumSet.of(
          RuntimeStatus.BOOTSTRAPPING,
          RuntimeStatus.CONCURRENT_BOOTSTRAPPING,
          RuntimeStatus.SYNCHRONIZING,
          RuntimeStatus.REPLAYING,
          RuntimeStatus.RUNNING,
          RuntimeStatus.PAUSED);

  private static final List<String> INPUT_COUNTS =
      List.of("num_transport_errors", "num_parse_errors");
  private static final List<String> OUTPUT_COUNTS =
      List.of("num_encode_errors", "num_transport_errors");

  private final Front front;
  private final PipelineBus bus;
  private final ProcessProxy proxy;

  ConnectorErrors(Front front, PipelineBus bus, ProcessProxy proxy) {
    this.front = front;
    this.bus = bus;
    this.proxy = proxy;
  }

  /** The status of each pipeline with its error count, in the same order; never fails. */
  Future<List<Buffer>> render(List<Snapshot> snapshots) {
    Duration timeout = front.settings().timeouts().connectorStats();
    long deadline = System.nanoTime() + timeout.toNanos();
    return Scatter.gather(
            snapshots,
            front.settings().limits().parallelScrapes(),
            snapshot -> count(snapshot.pipeline(), deadline))
        .map(
            counts -> {
              Buffer[] answers = new Buffer[snapshots.size()];
              for (int i = 0; i < answers.length; i++) {
                answers[i] = withCount(snapshots.get(i), counts.get(i));
              }
              return List.of(answers);
            });
  }

  private Future<OptionalLong> count(PipelineRecord pipeline, long deadline) {
    JsonNode details = pipeline.runtime().details();
    if (pipeline.runtime().status() != null && details != null) {
      JsonNode stored = details.path("connector_stats").path("num_errors");
      if (stored.isIntegralNumber()) {
        return Future.succeededFuture(OptionalLong.of(stored.longValue()));
      }
    }
    long left = deadline - System.nanoTime();
    if (pipeline.runtime().status() == null
        || !ASKED.contains(pipeline.runtime().status())
        || left <= 1_000_000) {
      return Future.succeededFuture(OptionalLong.empty());
    }
    Duration timeout = Duration.ofNanos(left);
    return bus.route(new PipelineRequest.Route(pipeline.tenantId(), pipeline.name()))
        .compose(
            route ->
                proxy.fetch(
                    route, "/stats/errors", timeout, front.settings().limits().jsonBodyBytes()))
        .map(ConnectorErrors::sum)
        .recover(
            failure -> {
              LOG.debug(
                  "No connector errors pipeline={} reason={}", pipeline.id(), failure.getMessage());
              return Future.succeededFuture(OptionalLong.empty());
            });
  }

  private static OptionalLong sum(Buffer body) {
    JsonNode stats;
    try {
      stats = MAPPER.readTree(body.getBytes());
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("/stats/errors is not JSON: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new IllegalStateException("/stats/errors can't be read", e);
    }
    return OptionalLong.of(
        sum(stats.path("inputs"), INPUT_COUNTS) + sum(stats.path("outputs"), OUTPUT_COUNTS));
  }

  private static long sum(JsonNode endpoints, List<String> counts) {
    long total = 0;
    for (JsonNode endpoint : endpoints) {
      for (String count : counts) {
        total += endpoint.path(count).asLong(0);
      }
    }
    return total;
  }

  private Buffer withCount(Snapshot snapshot, OptionalLong count) {
    Buffer status = front.services().snapshots().answer(snapshot, Snapshot.Selector.STATUS);
    if (count.isEmpty()) {
      return status;
    }
    // The status is a JSON object with fields: its last byte is the closing brace.
    return Buffer.buffer(status.length() + 40)
        .appendBuffer(status, 0, status.length() - 1)
        .appendString(",\"connectors\":{\"num_errors\":" + count.getAsLong() + "}}");
  }
}
