package io.weirkeeper.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.interfaces.RSAPublicKey;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.concurrent.TimeUnit;

/** An OpenID Connect provider that signs whatever the bench wants, with one RSA key. */
final class TokenIssuer implements AutoCloseable {
  private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();
  private static final Duration GOOD_FOR = Duration.ofHours(1);

  private final Vertx vertx = Vertx.vertx();
  private final KeyPair pair;
  private final HttpServer server;

  TokenIssuer() throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
    generator.initialize(2048);
    pair = generator.generateKeyPair();
    server =
        vertx
            .createHttpServer()
            .requestHandler(
                request ->
                    request
                        .response()
                        .end(
                            (request.path().equals("/keys") ? keys() : configuration()).toString()))
            .listen(0, "127.0.0.1")
            .await(10, TimeUnit.SECONDS);
  }

  String issuer() {
    return "http://127.0.0.1:" + server.actualPort();
  }

  private ObjectNode configuration() {
    return ApiClient.JSON
        .createObjectNode()
        .put("issuer", issuer())
        .put("jwks_uri", issuer() + "/keys");
  }

  private ObjectNode keys() {
    RSAPublicKey key = (RSAPublicKey) pair.getPublic();
    ObjectNode json = ApiClient.JSON.createObjectNode();
    json.putArray("keys")
        .addObject()
        .put("kty", "RSA")
        .put("alg", "RS256")
        .put("use", "sig")
        .put("kid", "bench")
        .put("n", unsigned(key.getModulus()))
        .put("e", unsigned(key.getPublicExponent()));
    return json;
  }

  private static String unsigned(BigInteger number) {
    byte[] bytes = number.toByteArray();
    int from = bytes[0] == 0 ? 1 : 0;
    return BASE64.encodeToString(java.util.Arrays.copyOfRange(bytes, from, bytes.length));
  }

  /** A token of a user who belongs to the tenant {@code default}. */
  String token(String subject) throws GeneralSecurityException {
    Instant now = Instant.now();
    ObjectNode claims =
        ApiClient.JSON
            .createObjectNode()
            .put("iss", issuer())
            .put("sub", subject)
            .put("aud", "feldera-api")
            .put("iat", now.getEpochSecond())
            .put("exp", now.plus(GOOD_FOR).getEpochSecond());
    claims.putArray("tenants").add("default");
    String text =
        encoded("{\"alg\":\"RS256\",\"kid\":\"bench\"}") + "." + encoded(claims.toString());
    Signature signature = Signature.getInstance("SHA256withRSA");
    signature.initSign(pair.getPrivate());
    signature.update(text.getBytes(StandardCharsets.US_ASCII));
    return text + "." + BASE64.encodeToString(signature.sign());
  }

  private static String encoded(String text) {
    return BASE64.encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public void close() throws Exception {
    var unused = vertx.close().await(10, TimeUnit.SECONDS);
  }
}
