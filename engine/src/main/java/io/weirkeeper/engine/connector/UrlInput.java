package io.weirkeeper.engine.connector;

import com.fasterxml.jackson.databind.JsonNode;
import io.weirkeeper.core.connector.UrlInputConfig;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.MalformedURLException;
import java.net.URI;
import java.net.URL;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads the body of a GET (spec: connectors §2.3). A connection that breaks, or that was given up
 * because nobody read from it for {@code pause_timeout}, is made again with a Range from where it
 * stopped; a server without ranges sends all of it again, and what is known is skipped. If the
 * server names a version (ETag) and it has changed meanwhile, the connector ends.
 */
final class UrlInput implements InputTransport {
  /** Time to connect, and between two pieces of the body. */
  static final Duration TIMEOUT = Duration.ofSeconds(30);

  /** Attempts in a row that bring nothing; then the connector ends. */
  static final int ATTEMPTS = 8;

  /** Time before the second attempt; it doubles up to {@link #LONGEST_WAIT}. */
  static final Duration FIRST_WAIT = Duration.ofMillis(100);

  /** Longest time between two attempts. */
  static final Duration LONGEST_WAIT = Duration.ofSeconds(10);

  private static final int BUFFER_BYTES = 64 << 10;
  private static final Pattern RANGE = Pattern.compile("bytes (\\d+)-\\d+/.*");
  private static final Pattern RANGE_REFUSED = Pattern.compile("bytes \\*/(\\d+)");

  private final URL url;
  private final Duration pauseTimeout;
  private final ParsedInput input;
  private String version;
  private volatile HttpURLConnection connection;
  private volatile boolean closed;

  /** An answer that another attempt would not change. */
  private static final class FinalException extends IOException {
    private static final long serialVersionUID = 1L;

    FinalException(String message) {
      super(message);
    }
  }

  UrlInput(UrlInputConfig config, ParsedInput input) {
    this.pauseTimeout = Duration.ofSeconds(config.pauseTimeoutSeconds());
    this.input = input;
    try {
      this.url = new URI(config.path()).toURL();
    } catch (java.net.URISyntaxException | IllegalArgumentException | MalformedURLException e) {
      throw invalid(config.path());
    }
    if (!url.getProtocol().equals("http") && !url.getProtocol().equals("https")) {
      throw invalid(config.path());
    }
  }

  private static ConnectorException invalid(String path) {
    return new ConnectorException(
        "ConfigError.InvalidTransportConfig",
        "transport.config.path: expected an http or https URL, found '" + path + "'");
  }

  @Override
  public void open(JsonNode position) {
    input.open(position);
  }

  @Override
  public void run(InputPort port) throws IOException, InterruptedException {
    int failures = 0;
    while (true) {
      port.awaitActive();
      long before = input.offset();
      try {
        if (readOnce(port)) {
          input.finish(port, (changes, bytes, after) -> queue(port, changes, bytes, after));
          return;
        }
        failures = 0;
      } catch (FinalException e) {
        throw e;
      } catch (IOException e) {
        if (closed || Thread.interrupted()) {
          throw new InterruptedException();
        }
        failures = input.offset() > before ? 1 : failures + 1;
        String message = url + " at byte " + input.offset() + ": " + e.getMessage();
        if (failures == ATTEMPTS) {
          throw new IOException(message + " (" + ATTEMPTS + " attempts)", e);
        }
        port.transportError(message);
        TimeUnit.NANOSECONDS.sleep(
            Math.min(LONGEST_WAIT.toNanos(), FIRST_WAIT.toNanos() << (failures - 1)));
      } finally {
        disconnect();
      }
    }
  }

  /** Reads over one connection; true at the end of the body, false when it was given up. */
  private boolean readOnce(InputPort port) throws IOException, InterruptedException {
    HttpURLConnection opened = (HttpURLConnection) url.openConnection();
    opened.setConnectTimeout((int) TIMEOUT.toMillis());
    opened.setReadTimeout((int) TIMEOUT.toMillis());
    opened.setUseCaches(false);
    long offset = input.offset();
    if (offset > 0) {
      opened.setRequestProperty("Range", "bytes=" + offset + "-");
    }
    connection = opened;
    int status = opened.getResponseCode();
    if (status == 416 && isEnd(opened, offset)) {
      return true;
    }
    boolean partial = status == 206;
    if (status != 200 && !partial) {
      String message = "the server answered " + status;
      if (status >= 500 || status == 408 || status == 429) {
        throw new IOException(message);
      }
      throw new FinalException(url + ": " + message);
    }
    checkVersion(opened.getHeaderField("ETag"));
    if (partial && start(opened) != offset) {
      throw new FinalException(
          url + ": the server was asked for bytes from " + offset + " and sent others");
    }
    port.healthy();
    long expected = opened.getContentLengthLong();
    try (InputStream body = opened.getInputStream()) {
      return readBody(port, body, partial ? 0 : offset, expected);
    }
  }

  private boolean readBody(InputPort port, InputStream body, long known, long expected)
      throws IOException, InterruptedException {
    byte[] buffer = new byte[BUFFER_BYTES];
    long received = 0;
    while (true) {
      if (!port.awaitActive(pauseTimeout)) {
        return false;
      }
      long toSkip = known - received;
      int count =
          body.read(buffer, 0, toSkip > 0 ? (int) Math.min(toSkip, buffer.length) : buffer.length);
      if (count < 0) {
        // A fixed length that was not reached ends the stream without an exception.
        if (received < known || (expected >= 0 && received < expected)) {
          throw new IOException("the connection ended in the middle of the body");
        }
        return true;
      }
      received += count;
      if (toSkip <= 0) {
        input.feed(
            buffer, count, port, (changes, bytes, after) -> queue(port, changes, bytes, after));
        if (connection == null) {
          return false; // Given up while the queue was full.
        }
      }
    }
  }

  private void queue(
      InputPort port,
      java.util.List<io.weirkeeper.engine.flow.Change> changes,
      long bytes,
      JsonNode after)
      throws InterruptedException {
    if (!port.offer(changes, bytes, after, pauseTimeout)) {
      disconnect();
      port.put(changes, bytes, after);
    }
  }

  private void checkVersion(String tag) throws FinalException {
    if (tag == null) {
      return;
    }
    if (version != null && !version.equals(tag)) {
      throw new FinalException(
          url + ": the content has changed after " + input.offset() + " bytes had been read");
    }
    version = tag;
  }

  private static long start(HttpURLConnection answer) {
    String range = answer.getHeaderField("Content-Range");
    Matcher matcher = RANGE.matcher(range == null ? "" : range);
    return matcher.matches() ? Long.parseLong(matcher.group(1)) : -1;
  }

  /** Whether a refused range means that there is nothing after it. */
  private static boolean isEnd(HttpURLConnection answer, long offset) {
    String range = answer.getHeaderField("Content-Range");
    Matcher matcher = RANGE_REFUSED.matcher(range == null ? "" : range);
    return matcher.matches() && Long.parseLong(matcher.group(1)) == offset;
  }

  private void disconnect() {
    HttpURLConnection open = connection;
    connection = null;
    if (open != null) {
      open.disconnect();
    }
  }

  @Override
  public void close() {
    closed = true;
    // A read that waits is not interrupted by anything else.
    disconnect();
  }
}
