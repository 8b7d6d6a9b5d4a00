package io.weirkeeper.core.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ref.SoftReference;
import java.nio.charset.StandardCharsets;
import java.util.AbstractMap;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.InflaterInputStream;

/**
 * JSON documents that many records hold and few readers look at. A tree takes some ten times the
 * memory of its text; a node with a hundred thousand pipelines can't hold their trees.
 *
 * <p>What comes from here must not be modified.
 */
public final class CompactJson {
  /** Texts longer than this are kept compressed, in characters. */
  static final int COMPRESSED_FROM = 4_096;

  /** Different documents that are shared; more are not shared. */
  static final int MAX_SHARED = 10_000;

  /** Longest text that is shared, in characters. */
  static final int MAX_SHARED_LENGTH = 8_192;

  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final Map<String, JsonNode> SHARED = Collections.synchronizedMap(new HashMap<>());

  private CompactJson() {}

  /**
   * An object of which the text is kept, and a tree only while there is memory for it.
   *
   * @param text a JSON object
   * @throws IllegalArgumentException from a later access, when it is none
   */
  public static JsonNode ofText(String text) {
    return new ObjectNode(JsonNodeFactory.instance, new TextMap(text));
  }

  /** The same document, kept as text if it is an object; null stays null. */
  public static JsonNode of(JsonNode document) {
    if (document == null || !document.isObject()) {
      return document;
    }
    return ofText(document.toString());
  }

  /**
   * A document that is likely to be the same in many records: one tree for all of them.
   *
   * @param text JSON; null gives null
   * @throws IllegalArgumentException when it is not JSON
   */
  public static JsonNode shared(String text) {
    if (text == null) {
      return null;
    }
    JsonNode known = SHARED.get(text);
    if (known != null) {
      return known;
    }
    JsonNode parsed = parse(text);
    if (text.length() <= MAX_SHARED_LENGTH && SHARED.size() < MAX_SHARED) {
      JsonNode raced = SHARED.putIfAbsent(text, parsed);
      return raced == null ? parsed : raced;
    }
    return parsed;
  }

  private static JsonNode parse(String text) {
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("not JSON: " + e.getOriginalMessage(), e);
    }
  }

  /** The fields of an object, parsed when they are looked at. */
  private static final class TextMap extends AbstractMap<String, JsonNode> {
    /** A {@link String}, or a compressed one as {@code byte[]}. */
    private final Object text;

    private volatile SoftReference<Map<String, JsonNode>> tree;

    TextMap(String text) {
      this.text = text.length() < COMPRESSED_FROM ? text : compressed(text);
    }

    private Map<String, JsonNode> fields() {
      SoftReference<Map<String, JsonNode>> kept = tree;
      Map<String, JsonNode> fields = kept == null ? null : kept.get();
      if (fields == null) {
        fields = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> field : parse(text()).properties()) {
          fields.put(field.getKey(), field.getValue());
        }
        tree = new SoftReference<>(fields);
      }
      return fields;
    }

    private String text() {
      return text instanceof byte[] bytes ? expanded(bytes) : (String) text;
    }

    @Override
    public Set<Entry<String, JsonNode>> entrySet() {
      return fields().entrySet();
    }

    @Override
    public JsonNode get(Object key) {
      return fields().get(key);
    }

    @Override
    public boolean containsKey(Object key) {
      return fields().containsKey(key);
    }
  }

  private static byte[] compressed(String text) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(text.length() / 4);
    Deflater deflater = new Deflater(Deflater.BEST_SPEED);
    try (DeflaterOutputStream out = new DeflaterOutputStream(bytes, deflater)) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException("Memory can always be written", e);
    } finally {
      deflater.end();
    }
    return bytes.toByteArray();
  }

  private static String expanded(byte[] bytes) {
    try (InflaterInputStream in = new InflaterInputStream(new ByteArrayInputStream(bytes))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("Memory can always be read", e);
    }
  }
}
