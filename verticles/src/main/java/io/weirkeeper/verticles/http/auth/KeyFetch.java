package io.weirkeeper.verticles.http.auth;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
import io.vertx.core.net.TrustOptions;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;

/** Fetches documents of issuers: within a time, within a size, without following redirections. */
final class KeyFetch {
  /** Larger than any set of keys. */
  private static final int MAX_BYTES = 1 << 20;

  private static final int CONNECTIONS = 8;
  private static final int WAITING = 256;
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final HttpClient client;
  private final Duration limit;
  private final IssuerAddress addresses;

  /**
   * Fetches within a time.
   *
   * @param authorities what certificates must lead to; null for the platform's own
   */
  KeyFetch(Vertx vertx, Duration limit, IssuerAddress addresses, TrustOptions authorities) {
    this.limit = limit;
    this.addresses = addresses;
    HttpClientOptions options =
        new HttpClientOptions().setConnectTimeout(Math.toIntExact(limit.toMillis()));
    if (authorities != null) {
      options.setTrustOptions(authorities);
    }
    this.client =
        vertx.createHttpClient(
            options, new PoolOptions().setHttp1MaxSize(CONNECTIONS).setMaxWaitQueueSize(WAITING));
  }

  /**
   * A JSON object.
   *
   * @param publicOnly whether the address must be one that a tenant may name
   * @param bearer token to send along, or null
   */
  Future<JsonNode> json(String url, boolean publicOnly, String bearer) {
    IssuerAddress.Parsed parsed = IssuerAddress.parse(url);
    if (parsed.flaw() != null) {
      return Future.failedFuture(new IOException(url + " can't be fetched: " + parsed.flaw()));
    }
    RequestOptions options =
        new RequestOptions()
            .setMethod(HttpMethod.GET)
            .setAbsoluteURI(url)
            .setFollowRedirects(false)
            .setTimeout(limit.toMillis())
            .putHeader(HttpHeaders.ACCEPT, "application/json");
    if (bearer != null) {
      options.putHeader(HttpHeaders.AUTHORIZATION, "Bearer " + bearer);
    }
    Future<RequestOptions> target =
        publicOnly ? checked(parsed.url(), options) : Future.succeededFuture(options);
    return target
        .compose(client::request)
        .compose(request -> request.send().compose(this::body))
        .map(body -> object(url, body));
  }

  /** Binds the request to an address that was looked at: the name could mean another by then. */
  private Future<RequestOptions> checked(URI url, RequestOptions options) {
    return addresses
        .addresses(url.getHost())
        .map(
            found -> {
              String flaw = addresses.flaw(url, found);
              if (flaw != null) {
                throw new IllegalStateException(url + " can't be fetched: " + flaw);
              }
              int port =
                  url.getPort() >= 0
                      ? url.getPort()
                      : "https".equalsIgnoreCase(url.getScheme()) ? 443 : 80;
              return options.setServer(
                  SocketAddress.inetSocketAddress(port, found[0].getHostAddress()));
            });
  }

  private Future<Buffer> body(HttpClientResponse response) {
    if (response.statusCode() != 200) {
      response.request().reset();
      return Future.failedFuture(new IOException("status " + response.statusCode()));
    }
    Promise<Buffer> whole = Promise.promise();
    Buffer collected = Buffer.buffer();
    response.handler(
        chunk -> {
          if (collected.length() + chunk.length() > MAX_BYTES) {
            whole.tryFail(new IOException("more than " + MAX_BYTES + " bytes"));
            response.request().reset();
          } else {
            collected.appendBuffer(chunk);
          }
        });
    response.endHandler(done -> whole.tryComplete(collected));
    response.exceptionHandler(whole::tryFail);
    return whole.future();
  }

  private static JsonNode object(String url, Buffer body) {
    try {
      JsonNode json = MAPPER.readTree(body.getBytes());
      if (json != null && json.isObject()) {
        return json;
      }
    } catch (IOException e) {
      throw new IllegalStateException(url + " is not JSON", e);
    }
    throw new IllegalStateException(url + " is not a JSON object");
  }

  void close() {
    client.close();
  }
}
