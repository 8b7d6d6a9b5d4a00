package io.weirkeeper.verticles.bus;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.MessageCodec;
import java.time.Duration;

/**
 * Hands immutable messages over by reference. Only for messages that stay inside a node: measured
 * at more than four times the rate of {@code JsonObject} messages.
 */
public final class LocalCodec implements MessageCodec<Object, Object> {
  /** Name under which {@link #register} makes the codec known. */
  public static final String NAME = "weirkeeper-local";

  private LocalCodec() {}

  /** Makes the codec known to an event bus; once per Vert.x instance. */
  public static void register(Vertx vertx) {
    vertx.eventBus().registerCodec(new LocalCodec());
  }

  /** Options for a request inside this node that waits at most {@code timeout} for its reply. */
  public static DeliveryOptions within(Duration timeout) {
    return new DeliveryOptions()
        .setCodecName(NAME)
        .setLocalOnly(true)
        .setSendTimeout(timeout.toMillis());
  }

  /** Options for a reply inside this node. */
  public static DeliveryOptions reply() {
    return new DeliveryOptions().setCodecName(NAME).setLocalOnly(true);
  }

  @Override
  public void encodeToWire(Buffer buffer, Object message) {
    throw new UnsupportedOperationException(
        "A local message must not leave its node: " + message.getClass().getName());
  }

  @Override
  public Object decodeFromWire(int position, Buffer buffer) {
    throw new UnsupportedOperationException("A local message never comes from another node");
  }

  @Override
  public Object transform(Object message) {
    return message;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public byte systemCodecID() {
    return -1;
  }
}
