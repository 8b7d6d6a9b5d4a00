package io.weirkeeper.engine.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ad-hoc queries over WebSockets, asked of one running process. */
class WebSocketQueryTest {
  /** Runs for hours unless somebody stops it. */
  private static final String ENDLESS =
      "SELECT COUNT(*) FROM range(10000000) a, range(10000000) b WHERE a.range + b.range = 7";

  @TempDir static Path directory;
  private static Child child;

  @BeforeAll
  static void startProcess() throws Exception {
    child =
        Child.start(Child.spec(directory, "running", 60_000))
            .reachable()
            .granted(3_600_000, "Running");
    child.push("/ingress/sales?format=csv", "1,5\n1,6\n2,\n");
  }

  @AfterAll
  static void endProcess() {
    child.close();
  }

  @Test
  void anAnswerIsTextMessagesAndANormalClose() throws Exception {
    String sql = "SELECT item, total FROM totals ORDER BY item";
    QuerySocket json = QuerySocket.open(child).ask(sql, "json");
    assertThat(json.closed()).isEqualTo(1000);
    assertThat(json.text())
        .isEqualTo("{\"item\":1,\"total\":11}\n{\"item\":2,\"total\":null}\n")
        .isEqualTo(child.query("json", sql).body());
    QuerySocket text = QuerySocket.open(child).ask(sql, "text");
    assertThat(text.closed()).isEqualTo(1000);
    assertThat(text.text()).isEqualTo(child.query("text", sql).body());
    QuerySocket unsaid = QuerySocket.open(child).send("{\"sql\":\"SELECT 1 AS a\"}");
    assertThat(unsaid.closed()).isEqualTo(1000);
    assertThat(unsaid.text()).startsWith("+---+\n| a |");
  }

  @Test
  void anInsertAnswersHowManyRowsItBrought() throws Exception {
    QuerySocket socket =
        QuerySocket.open(child).ask("INSERT INTO items (id) VALUES (1), (2)", "json");
    assertThat(socket.closed()).isEqualTo(1000);
    assertThat(socket.text()).isEqualTo("{\"count\":2}\n");
  }

  @Test
  void aQueryThatFailsIsToldInOneMessageAndClosedWithAnError() throws Exception {
    QuerySocket unknown = QuerySocket.open(child).ask("SELECT * FROM nothing", "json");
    assertThat(unknown.closed()).isEqualTo(1011);
    assertThat(unknown.messages).hasSize(1);
    assertThat(unknown.last().get("error_code").asText()).isEqualTo("AdHocQueryError");
    assertThat(unknown.last().has("details")).isTrue();
    QuerySocket plain = QuerySocket.open(child).ask("SELECT * FROM large", "text");
    assertThat(plain.closed()).isEqualTo(1011);
    assertThat(plain.last().get("message").asText()).contains("materialized");
    QuerySocket format = QuerySocket.open(child).ask("SELECT 1", "yaml");
    assertThat(format.closed()).isEqualTo(1011);
    assertThat(format.last().get("error_code").asText()).isEqualTo("InvalidParam");
    QuerySocket later = QuerySocket.open(child).ask("SELECT 1", "parquet");
    assertThat(later.closed()).isEqualTo(1011);
    assertThat(later.last().get("error_code").asText()).isEqualTo("NotImplemented");
  }

  @Test
  void whoSendsSomethingElseThanOneQueryIsRefused() throws Exception {
    for (String message : List.of("", "SELECT 1", "[]", "{}", "{\"sql\":1}")) {
      QuerySocket socket = QuerySocket.open(child).send(message);
      assertThat(socket.closed()).as(message).isEqualTo(1011);
      assertThat(socket.last().get("error_code").asText()).isEqualTo("InvalidParam");
    }
    QuerySocket binary = QuerySocket.open(child);
    binary.socket.sendBinary(ByteBuffer.wrap(new byte[10]), true).join();
    assertThat(binary.closed()).isEqualTo(1008);
    assertThat(binary.last().get("message").asText()).contains("a binary message");
    QuerySocket twice = QuerySocket.open(child).ask(ENDLESS, "json").ask("SELECT 1", "json");
    assertThat(twice.closed()).isEqualTo(1008);
    assertThat(twice.last().get("message").asText()).contains("a second message");
  }

  @Test
  void aMessageBeyondTheLimitIsRefusedAndTheProcessLivesOn() throws Exception {
    QuerySocket frames = QuerySocket.open(child);
    String part = "x".repeat(1 << 20);
    frames.socket.sendText(part, false).join();
    frames.socket.sendText(part, false).join();
    frames.socket.sendText(part, false).join();
    assertThat(frames.closed()).isEqualTo(1009);
    assertThat(child.query("json", "SELECT 1 AS a").body()).isEqualTo("{\"a\":1}\n");
  }

  @Test
  void aQueryEndsWithItsClient() throws Exception {
    List<QuerySocket> sockets = new ArrayList<>();
    for (int i = 0; i < Limits.QUERY_THREADS; i++) {
      sockets.add(QuerySocket.open(child).ask(ENDLESS, "json"));
    }
    // Takes every place, so that what comes next shows whether they are given back.
    sockets.get(0).socket.sendClose(1000, "").join();
    sockets.subList(1, sockets.size()).forEach(socket -> socket.socket.abort());
    assertThat(child.query("json", "SELECT 1 AS a").body()).isEqualTo("{\"a\":1}\n");
    assertThat(child.log()).doesNotContain("An ad-hoc query failed");
  }

  @Test
  void aClientThatReadsSlowlyGetsEveryRow() throws Exception {
    int rows = 1_000_000;
    QuerySocket slow = QuerySocket.stalled(child);
    slow.ask("SELECT * FROM range(" + rows + ")", "json");
    slow.socket.request(1);
    Child.until("the first message", () -> !slow.messages.isEmpty());
    // The rest waits, and hinders nobody.
    assertThat(child.query("json", "SELECT 1 AS a").body()).isEqualTo("{\"a\":1}\n");
    assertThat(slow.messages).hasSize(1);
    slow.socket.request(Long.MAX_VALUE);
    assertThat(slow.closed()).isEqualTo(1000);
    assertThat(slow.text().lines()).hasSize(rows);
    assertThat(slow.messages).allMatch(message -> message.endsWith("\n"));
  }

  @Test
  void theHandshakeNeedsTheToken() {
    String token = child.token;
    child.token = "0".repeat(64);
    try {
      assertThatThrownBy(() -> QuerySocket.open(child)).rootCause().hasMessageContaining("401");
    } finally {
      child.token = token;
    }
  }
}
