package io.weirkeeper.verticles.http;

import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Locale;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

/**
 * Compresses answers. Vert.x would do it too, but it removes the {@code Content-Encoding: identity}
 * that streams must carry (spec: api-semantics §1.3).
 */
final class Gzip {
  /** Compressing less than this costs more than it saves. */
  static final int THRESHOLD_BYTES = 1024;

  private final ByteArrayOutputStream collected = new ByteArrayOutputStream();
  private final GZIPOutputStream stream;

  Gzip() {
    try {
      stream = new Fast(collected);
    } catch (IOException e) {
      throw new UncheckedIOException("Memory can always be written", e);
    }
  }

  /** Answers are polled often and read once: speed counts, not size. */
  private static final class Fast extends GZIPOutputStream {
    Fast(ByteArrayOutputStream out) throws IOException {
      super(out);
      def.setLevel(Deflater.BEST_SPEED);
    }
  }

  /** Whether a client takes gzip; the value of its {@code Accept-Encoding} header, or null. */
  static boolean isAccepted(String acceptEncoding) {
    if (acceptEncoding == null) {
      return false;
    }
    for (String offer : acceptEncoding.toLowerCase(Locale.ROOT).split(",", -1)) {
      String[] parts = offer.trim().split(";", 2);
      String coding = parts[0].trim();
      if (coding.equals("gzip") || coding.equals("x-gzip") || coding.equals("*")) {
        return parts.length == 1 || !parts[1].replace(" ", "").matches("q=0(\\.0*)?");
      }
    }
    return false;
  }

  static Buffer compressed(Buffer plain) {
    Gzip gzip = new Gzip();
    gzip.add(plain);
    return gzip.finish();
  }

  void add(Buffer plain) {
    try {
      stream.write(plain.getBytes());
    } catch (IOException e) {
      throw new UncheckedIOException("Memory can always be written", e);
    }
  }

  /** What is ready so far, which may be nothing. */
  Buffer take() {
    Buffer ready = Buffer.buffer(collected.toByteArray());
    collected.reset();
    return ready;
  }

  /** The rest. */
  Buffer finish() {
    try {
      stream.close();
    } catch (IOException e) {
      throw new UncheckedIOException("Memory can always be written", e);
    }
    return take();
  }
}
