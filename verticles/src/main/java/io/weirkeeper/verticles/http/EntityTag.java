package io.weirkeeper.verticles.http;

import io.weirkeeper.core.pipeline.IfMatch;
import io.weirkeeper.verticles.snapshot.Snapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The {@code ETag} of a pipeline: its id, the number of its state, the selector and the encoding.
 * Strong: two answers with the same tag are the same bytes.
 */
final class EntityTag {
  private static final String GZIP_SUFFIX = ".gzip";
  private static final Pattern FORM =
      Pattern.compile(
          "\"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\\.(\\d{1,18})\\.[a-z.]+\"");

  /** Longer lists of tags are nobody's cache. */
  private static final int MAX_TAGS = 64;

  private EntityTag() {}

  /** The tag of an answer. */
  static String of(Snapshot snapshot, String selector, boolean compressed) {
    return of(snapshot.pipeline().id().toString(), snapshot.state(), selector, compressed);
  }

  static String of(String pipelineId, long state, String selector, boolean compressed) {
    return '"' + pipelineId + '.' + state + '.' + selector + (compressed ? GZIP_SUFFIX : "") + '"';
  }

  /**
   * The tag of a tenant's list in this run of the server.
   *
   * @param changes of the tenant's pipelines, as read before the list was asked for
   */
  static String ofList(String run, long changes, String selector, boolean compressed) {
    return "\"list." + run + '.' + changes + '.' + selector + (compressed ? GZIP_SUFFIX : "") + '"';
  }

  /** Whether an {@code If-None-Match} header names a tag, or is {@code *}; null names none. */
  static boolean names(String ifNoneMatch, String tag) {
    if (ifNoneMatch == null) {
      return false;
    }
    if (ifNoneMatch.trim().equals("*")) {
      return true;
    }
    for (String each : ifNoneMatch.split(",", MAX_TAGS)) {
      String candidate = each.trim();
      // The comparison of a cache is the weak one.
      if (candidate.equals(tag) || candidate.equals("W/" + tag)) {
        return true;
      }
    }
    return false;
  }

  /**
   * What an {@code If-Match} header asks for: states, whichever selector and encoding they were
   * seen through. Tags that are not ours match nothing.
   */
  static IfMatch ifMatch(String header) {
    List<IfMatch.State> states = new ArrayList<>();
    for (String each : header.split(",", MAX_TAGS)) {
      Matcher matcher = FORM.matcher(each.trim());
      if (matcher.matches()) {
        states.add(
            new IfMatch.State(UUID.fromString(matcher.group(1)), Long.parseLong(matcher.group(2))));
      }
    }
    return new IfMatch(states, header);
  }
}
