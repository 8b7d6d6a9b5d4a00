package io.weirkeeper.engine.process;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.vertx.core.Vertx;
import io.vertx.core.http.ServerWebSocket;
import java.util.function.BiConsumer;

/**
 * The client's side of an ad-hoc query over a WebSocket (spec §6): it sends one text message,
 * {@code {"sql": ..., "format": ...}}, and takes the answer. Whoever sends nothing, something else
 * or more than that is told so and closed. Used on the socket's event loop.
 */
final class WebSocketQuery {

  /**
   * What a client asks.
   *
   * @param sql the statements
   * @param format of the answer; text unless it says otherwise
   */
  record Question(String sql, String format) {

    /**
     * Reads a message.
     *
     * @throws ApiError 400 InvalidParam
     */
    static Question of(String message) {
      JsonNode json;
      try {
        json = Replies.JSON.readTree(message);
      } catch (JsonProcessingException e) {
        throw ApiError.invalidParam("message", EXPECTED, "malformed JSON");
      }
      if (json == null || !json.isObject()) {
        throw ApiError.invalidParam("message", EXPECTED, message);
      }
      JsonNode sql = json.get("sql");
      if (sql == null || !sql.isTextual()) {
        throw ApiError.invalidParam("sql", "a string", sql == null ? null : sql.toString());
      }
      JsonNode format = json.path("format");
      if (!format.isMissingNode() && !format.isNull() && !format.isTextual()) {
        throw ApiError.invalidParam("format", "a string", format.toString());
      }
      return new Question(sql.textValue(), format.isTextual() ? format.textValue() : "text");
    }
  }

  private static final String EXPECTED = "{\"sql\": \"...\", \"format\": \"...\"}";

  private final ServerWebSocket socket;
  private final Departure departure = new Departure();
  private final Vertx vertx;
  private final long patience;
  private boolean asked;

  /**
   * Waits for the question.
   *
   * @param ask given the question and where its answer goes; may throw {@link ApiError}
   * @param over run once the socket is closed
   */
  WebSocketQuery(
      Vertx vertx, ServerWebSocket socket, BiConsumer<Question, QueryAnswer> ask, Runnable over) {
    this.vertx = vertx;
    this.socket = socket;
    this.patience =
        vertx.setTimer(
            Limits.SOCKET_QUERY_PATIENCE.toMillis(),
            fired -> refuse("nothing within " + Limits.SOCKET_QUERY_PATIENCE.toSeconds() + " s"));
    socket.closeHandler(
        closed -> {
          vertx.cancelTimer(patience);
          departure.happened();
          over.run();
        });
    socket.exceptionHandler(failure -> failed(failure));
    socket.textMessageHandler(message -> received(message, ask));
    socket.binaryMessageHandler(message -> refuse("a binary message"));
  }

  private void received(String message, BiConsumer<Question, QueryAnswer> ask) {
    if (asked) {
      refuse("a second message");
      return;
    }
    asked = true;
    vertx.cancelTimer(patience);
    try {
      ask.accept(Question.of(message), new WebSocketQueryAnswer(socket, departure));
    } catch (ApiError e) {
      WebSocketQueryAnswer.refuse(socket, e, WebSocketQueryAnswer.FAILED);
    }
  }

  /** The only thing that Vert.x tells here while the socket is open: a message beyond the limit. */
  private void failed(Throwable failure) {
    departure.happened();
    if (!socket.isClosed() && failure instanceof IllegalStateException) {
      var unused =
          socket.close(
              WebSocketQueryAnswer.TOO_LARGE,
              "A message may have " + Limits.SOCKET_MESSAGE_BYTES + " bytes");
    }
  }

  private void refuse(String found) {
    departure.happened();
    WebSocketQueryAnswer.refuse(
        socket,
        ApiError.invalidParam("message", "one text message " + EXPECTED, found),
        WebSocketQueryAnswer.REFUSED);
  }
}
