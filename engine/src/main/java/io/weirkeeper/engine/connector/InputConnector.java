package io.weirkeeper.engine.connector;

import com.fasterxml.jackson.databind.JsonNode;
import io.weirkeeper.core.connector.ConnectorConfig;
import io.weirkeeper.engine.flow.Change;
import io.weirkeeper.engine.flow.DataflowException;
import io.weirkeeper.engine.flow.InputEndpoint;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One declared input: its transport, and what is known of it. It takes rows while the pipeline runs
 * and itself is started (spec: connectors §1.6). Safe for several threads.
 */
public final class InputConnector {
  private static final Logger LOG = LoggerFactory.getLogger(InputConnector.class);

  private final int id;
  private final ConnectorConfig config;
  private InputTransport transport;
  private JsonNode openedAt;
  private final InputEndpoint endpoint;
  private final int maxBatchRecords;
  private final Runnable whenEnded;
  private final RecentErrors parseErrors = new RecentErrors();
  private final RecentErrors transportErrors = new RecentErrors();
  private final Thread thread;

  private boolean paused;
  private boolean waiting;
  private boolean pipelinePaused = true;
  private boolean ended;
  private String fatalError;
  private ConnectorHealth health = ConnectorHealth.HEALTHY;

  /**
   * @param id number for completion tokens
   * @param waiting whether it is started by the end of others
   * @param whenEnded called once, when all of the input has been queued
   */
  InputConnector(
      int id,
      ConnectorConfig config,
      InputTransport transport,
      InputEndpoint endpoint,
      int maxBatchRecords,
      boolean waiting,
      Runnable whenEnded) {
    this.id = id;
    this.config = config;
    this.transport = transport;
    this.endpoint = endpoint;
    this.maxBatchRecords = maxBatchRecords;
    this.waiting = waiting;
    this.paused = config.paused() || waiting;
    this.whenEnded = whenEnded;
    this.thread = new Thread(this::run, "input " + endpoint.name());
    this.thread.setDaemon(true);
  }

  /** Says where the transport was opened. */
  void openedAt(JsonNode position) {
    openedAt = position;
  }

  /** Whether rows beyond the transport's place are queued already: those of a journal. */
  boolean isBehind() {
    return endpoint.queuedPosition().isPresent()
        && !endpoint.queuedPosition().get().equals(openedAt);
  }

  /** Goes on with another transport; before {@link #begin}. */
  void replace(InputTransport further) {
    transport.close();
    transport = further;
  }

  /** Number of the endpoint, for completion tokens. */
  public int id() {
    return id;
  }

  /** {@code <table>.<connector>}. */
  public String name() {
    return endpoint.name();
  }

  /** Name of the table. */
  public String table() {
    return endpoint.table().name();
  }

  /** Where its rows go: counters, position, completion. */
  public InputEndpoint endpoint() {
    return endpoint;
  }

  /** Records that could not be used. */
  public RecentErrors parseErrors() {
    return parseErrors;
  }

  /** Failures of the source. */
  public RecentErrors transportErrors() {
    return transportErrors;
  }

  /** Whether the connector itself is paused, whatever the pipeline is. */
  public synchronized boolean paused() {
    return paused;
  }

  /** Whether all of the input has been queued. */
  public synchronized boolean endOfInput() {
    return ended;
  }

  /** Why it has stopped for good, if it has. */
  public synchronized Optional<String> fatalError() {
    return Optional.ofNullable(fatalError);
  }

  /** Whether it can do its work. */
  public synchronized ConnectorHealth health() {
    return health;
  }

  /** Starts the connector; nothing happens when it is started. */
  public void start() {
    setPaused(false);
  }

  /** Pauses the connector: what it has read is still processed. */
  public void pause() {
    setPaused(true);
  }

  private synchronized void setPaused(boolean pause) {
    if (paused != pause) {
      LOG.info("Input connector {} {}", name(), pause ? "paused" : "started");
    }
    // Whoever decides by hand is not overruled when the others end.
    waiting = false;
    paused = pause;
    notifyAll();
  }

  /** The others have ended: starts unless someone decided otherwise meanwhile. */
  synchronized void startIfWaiting() {
    if (waiting) {
      setPaused(false);
    }
  }

  synchronized void setPipelinePaused(boolean pause) {
    pipelinePaused = pause;
    notifyAll();
  }

  void begin() {
    thread.start();
  }

  /** Ends the thread and frees the source; returns at once. */
  void close() {
    thread.interrupt();
    transport.close();
  }

  void join(long millis) throws InterruptedException {
    thread.join(millis);
  }

  private void run() {
    try {
      transport.run(new Port());
      synchronized (this) {
        ended = true;
      }
      LOG.info("Input connector {} reached the end of its input", name());
      whenEnded.run();
    } catch (InterruptedException e) {
      // Asked to end.
    } catch (DataflowException e) {
      LOG.info("Input connector {} ends with its pipeline", name());
    } catch (IOException e) {
      die(e.getMessage());
    } catch (RuntimeException | Error e) {
      LOG.error("Input connector {} failed", name(), e);
      die(e.toString());
    }
  }

  private void die(String why) {
    String message = why == null ? "unknown failure" : why;
    LOG.warn("Input connector {} has stopped: {}", name(), message);
    transportErrors.add("fatal", message);
    synchronized (this) {
      fatalError = message;
      health = ConnectorHealth.unhealthy(message);
    }
  }

  private final class Port implements InputPort {
    @Override
    public void awaitActive() throws InterruptedException {
      synchronized (InputConnector.this) {
        while (paused || pipelinePaused) {
          InputConnector.this.wait();
        }
      }
    }

    @Override
    public boolean awaitActive(Duration patience) throws InterruptedException {
      long deadline = System.nanoTime() + patience.toNanos();
      synchronized (InputConnector.this) {
        while (paused || pipelinePaused) {
          long left = (deadline - System.nanoTime()) / 1_000_000;
          if (left <= 0) {
            return false;
          }
          InputConnector.this.wait(left);
        }
        return true;
      }
    }

    @Override
    public int maxBatchRecords() {
      return maxBatchRecords;
    }

    @Override
    public void put(List<Change> changes, long bytes, JsonNode after) throws InterruptedException {
      endpoint.putBatch(changes, bytes, after);
    }

    @Override
    public boolean offer(List<Change> changes, long bytes, JsonNode after, Duration patience)
        throws InterruptedException {
      return endpoint.offerBatch(changes, bytes, after, patience);
    }

    @Override
    public void parseError(String message) {
      parseErrors.add("parse", message);
    }

    @Override
    public void transportError(String message) {
      LOG.warn("Input connector {}: {}", name(), message);
      transportErrors.add("transport", message);
      synchronized (InputConnector.this) {
        health = ConnectorHealth.unhealthy(message);
      }
    }

    @Override
    public void healthy() {
      synchronized (InputConnector.this) {
        health = ConnectorHealth.HEALTHY;
      }
    }
  }

  ConnectorConfig config() {
    return config;
  }
}
