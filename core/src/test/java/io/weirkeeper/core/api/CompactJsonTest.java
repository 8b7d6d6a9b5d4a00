package io.weirkeeper.core.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CompactJsonTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private static ObjectNode document(int items) {
    ObjectNode document = JsonNodeFactory.instance.objectNode();
    document.put("name", "Größe \"x\"").putNull("nothing").put("number", 12.5);
    ArrayNode list = document.putArray("items");
    for (int i = 0; i < items; i++) {
      list.addObject().put("item", i).put("text", "ä" + i);
    }
    return document;
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 3, 5_000})
  void aCompactDocumentIsTheSameDocument(int items) throws Exception {
    ObjectNode document = document(items);
    JsonNode compact = CompactJson.of(document);
    assertThat(compact).isEqualTo(document);
    assertThat(document).isEqualTo(compact);
    assertThat(compact.toString()).isEqualTo(document.toString());
    assertThat(MAPPER.writeValueAsString(compact)).isEqualTo(document.toString());
    assertThat(compact.path("items").size()).isEqualTo(items);
    assertThat(compact.has("nothing")).isTrue();
    assertThat(compact.has("absent")).isFalse();
    assertThat(compact.size()).isEqualTo(4);
    List<String> names = new ArrayList<>();
    compact.fieldNames().forEachRemaining(names::add);
    assertThat(names).containsExactly("name", "nothing", "number", "items");
    assertThat(compact.deepCopy().<ObjectNode>deepCopy()).isEqualTo(document);
    assertThat(MAPPER.<JsonNode>valueToTree(compact)).isEqualTo(document);
  }

  @Test
  void whatIsNoObjectStaysAsItIs() {
    assertThat(CompactJson.of(null)).isNull();
    JsonNode list = JsonNodeFactory.instance.arrayNode().add(1);
    assertThat(CompactJson.of(list)).isSameAs(list);
  }

  @Test
  void equalTextsShareOneTree() {
    JsonNode first = CompactJson.shared("{\"a\": 1}");
    assertThat(CompactJson.shared(new String("{\"a\": 1}".toCharArray()))).isSameAs(first);
    assertThat(CompactJson.shared(null)).isNull();
    assertThatThrownBy(() -> CompactJson.shared("{"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("not JSON");
  }
}
