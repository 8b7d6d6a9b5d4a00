package io.weirkeeper.verticles.http;

import io.vertx.core.Future;
import io.vertx.core.file.AsyncFile;
import io.vertx.core.file.OpenOptions;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.weirkeeper.core.api.ApiError;
import io.weirkeeper.core.api.ApiErrors;
import io.weirkeeper.verticles.support.BundlePart;
import io.weirkeeper.verticles.support.BundleRequest;
import java.nio.file.Path;
import java.util.EnumSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Support bundles: made in a file, streamed from it (spec: api-semantics §4.17). */
final class SupportHandler {
  private static final Logger LOG = LoggerFactory.getLogger(SupportHandler.class);

  private final Front front;

  SupportHandler(Front front) {
    this.front = front;
  }

  void handle(Exchange exchange) {
    BundleRequest wanted = request(exchange);
    if (exchange.request().version() == HttpVersion.HTTP_1_0) {
      exchange.text(400, "A stream needs HTTP/1.1: HTTP/1.0 has no chunks");
      return;
    }
    if (!front.mayRead(exchange)) {
      exchange.error(ApiErrors.readNotCurrent());
      return;
    }
    ApiError full = front.takeStream(exchange);
    if (full != null) {
      exchange.error(full);
      return;
    }
    front
        .services()
        .support()
        .bundle(wanted)
        .onSuccess(
            file -> {
              exchange.whenOver(() -> delete(file));
              send(exchange, file);
            })
        .onFailure(exchange::fail);
  }

  private static BundleRequest request(Exchange exchange) {
    QueryString query = exchange.query();
    EnumSet<BundlePart> parts = EnumSet.noneOf(BundlePart.class);
    for (BundlePart part : BundlePart.values()) {
      if (query.bool(part.flag(), true)) {
        parts.add(part);
      }
    }
    boolean collect = query.bool("collect", true);
    long limit = query.number("limit", Long.MAX_VALUE);
    if (limit == 0) {
      throw ApiErrors.invalidSupportBundleParameter("limit is 0, it must be at least 1")
          .exception();
    }
    return new BundleRequest(exchange.tenantId(), exchange.param(0), collect, parts, limit);
  }

  private void send(Exchange exchange, Path file) {
    if (exchange.isOver()) {
      return;
    }
    front
        .vertx()
        .fileSystem()
        .open(file.toString(), new OpenOptions().setRead(true).setWrite(false))
        .compose(open -> send(exchange, open))
        .onFailure(exchange::fail);
  }

  private static Future<Void> send(Exchange exchange, AsyncFile file) {
    exchange.whenOver(
        () ->
            file.close().onFailure(failure -> LOG.debug("Closed twice: {}", failure.getMessage())));
    if (exchange.isOver()) {
      return Future.succeededFuture();
    }
    HttpServerResponse response = exchange.response();
    response.putHeader(HttpHeaders.CONTENT_TYPE, "application/zip");
    response.putHeader(
        "Content-Disposition",
        "attachment; filename=\"" + exchange.param(0) + "-support-bundle.zip\"");
    response.putHeader(HttpHeaders.CONTENT_ENCODING, HttpHeaders.IDENTITY);
    response.setChunked(true);
    file.exceptionHandler(exchange::fail);
    file.endHandler(done -> exchange.end());
    file.handler(
        chunk -> {
          if (exchange.isOver()) {
            return;
          }
          response.write(chunk);
          if (response.writeQueueFull()) {
            file.pause();
            response.drainHandler(drained -> file.resume());
          }
        });
    return Future.succeededFuture();
  }

  private void delete(Path file) {
    front
        .vertx()
        .fileSystem()
        .delete(file.toString())
        .onFailure(failure -> LOG.warn("A bundle's file stays: {}", failure.getMessage()));
  }
}
