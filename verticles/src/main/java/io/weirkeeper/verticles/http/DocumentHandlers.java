package io.weirkeeper.verticles.http;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The API's own description: as an OpenAPI document, and as a page for people. The page is Swagger
 * UI out of this program's own class path, so it works without a network, and its policy allows
 * nothing from elsewhere.
 */
final class DocumentHandlers {
  /** Whatever a document's text may hold, only scripts of this server run. */
  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self'"
          + " data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none';"
          + " frame-ancestors 'none'";

  private static final String ONE_DAY = "public, max-age=86400";
  private static final String WEBJAR = "/META-INF/resources/webjars/swagger-ui/";
  private static final String SCRIPT = "text/javascript; charset=utf-8";
  private static final String STYLE = "text/css; charset=utf-8";

  /** The files of the page; nothing else of the class path is served. */
  private static final Map<String, String> TYPES =
      Map.of(
          "swagger-ui.css", STYLE,
          "swagger-ui-bundle.js", SCRIPT,
          "docs.js", SCRIPT);

  private final Map<String, Constant> files = new HashMap<>();
  private Constant document;

  /** Compressed once: a public path must not be a way to keep the event loop busy. */
  private record Constant(Buffer plain, Buffer zipped) {
    static Constant of(Buffer plain) {
      return new Constant(plain, Gzip.compressed(plain));
    }
  }

  /** Says what the document describes; must be called before the first request. */
  void describe(List<Operation> operations) {
    // Built at once: a text that is missing must stop the start, not a request.
    document = Constant.of(Exchange.bytes(OpenApiDocument.of(operations)));
  }

  void openapi(Exchange exchange) {
    exchange.constant("application/json", document.plain(), document.zipped());
  }

  void page(Exchange exchange) {
    exchange.response().putHeader("Content-Security-Policy", POLICY);
    send(exchange, "docs.html", "text/html; charset=utf-8");
  }

  void file(Exchange exchange) {
    String type = TYPES.get(exchange.param(0));
    if (type == null) {
      exchange.text(404, "The page has no file of this name; it begins at /docs\n");
      return;
    }
    exchange.response().putHeader(HttpHeaders.CACHE_CONTROL, ONE_DAY);
    send(exchange, exchange.param(0), type);
  }

  private void send(Exchange exchange, String name, String type) {
    exchange.response().putHeader("X-Content-Type-Options", "nosniff");
    // Read from the jar on first use only.
    Constant file = files.computeIfAbsent(name, DocumentHandlers::read);
    exchange.constant(type, file.plain(), file.zipped());
  }

  private static Constant read(String name) {
    String path = name.startsWith("docs.") ? "openapi/" + name : WEBJAR + version() + "/" + name;
    try (InputStream in = DocumentHandlers.class.getResourceAsStream(path)) {
      if (in == null) {
        throw new IllegalStateException("The class path lacks " + path);
      }
      return Constant.of(Buffer.buffer(in.readAllBytes()));
    } catch (IOException e) {
      throw new UncheckedIOException("Reading " + path, e);
    }
  }

  /** The web jar has its version in its paths; the build writes it down. */
  private static String version() {
    try (InputStream in =
        DocumentHandlers.class.getResourceAsStream("openapi/swagger-ui.version")) {
      if (in == null) {
        throw new IllegalStateException("The class path lacks openapi/swagger-ui.version");
      }
      return new String(in.readAllBytes(), java.nio.charset.StandardCharsets.US_ASCII).strip();
    } catch (IOException e) {
      throw new UncheckedIOException("Reading the version of Swagger UI", e);
    }
  }
}
