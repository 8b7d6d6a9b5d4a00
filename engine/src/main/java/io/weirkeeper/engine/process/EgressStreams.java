package io.weirkeeper.engine.process;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The change streams under way, and the limit on all long requests together. */
final class EgressStreams {
  private final Map<String, EgressStream> streams = new LinkedHashMap<>();
  private int places;

  /**
   * Takes one of the places that HTTP ingress and egress share.
   *
   * @throws ApiError 429 ApiConnectionLimit when all are taken
   */
  synchronized void takePlace() {
    if (places >= Limits.CONCURRENT_STREAMS) {
      throw new ApiError(
          429,
          "ApiConnectionLimit",
          "This pipeline serves "
              + Limits.CONCURRENT_STREAMS
              + " ingress and egress requests at once and all are taken: close one or try again");
    }
    places++;
  }

  synchronized void givePlaceBack() {
    places--;
  }

  synchronized void add(EgressStream stream) {
    streams.put(stream.name(), stream);
  }

  synchronized void remove(String name) {
    streams.remove(name);
  }

  synchronized List<EgressStream> all() {
    return new ArrayList<>(streams.values());
  }

  /**
   * A stream by name.
   *
   * @throws ApiError 404 UnknownOutputEndpoint
   */
  synchronized EgressStream named(String name) {
    EgressStream stream = streams.get(name);
    if (stream == null) {
      throw new ApiError(
          404,
          "UnknownOutputEndpoint",
          "There is no output endpoint named '" + Pipeline.shown(name) + "'");
    }
    return stream;
  }
}
