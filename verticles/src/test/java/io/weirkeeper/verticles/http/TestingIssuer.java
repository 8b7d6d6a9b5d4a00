package io.weirkeeper.verticles.http;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.EdECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * An identity provider whose every lie can be arranged: keys of all kinds, rotation, outages, and
 * tokens that no real one would issue. A real one is in {@code it/python/test_auth.py}.
 */
final class TestingIssuer implements AutoCloseable {
  private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private record Key(String id, String algorithm, KeyPair pair, ObjectNode jwk) {}

  private final Vertx vertx;
  private final Map<String, Key> keys = new LinkedHashMap<>();
  private HttpServer server;
  private int port;

  final AtomicInteger discoveries = new AtomicInteger();
  final AtomicInteger keyFetches = new AtomicInteger();
  volatile boolean broken;
  volatile String userInfo = "{}";

  TestingIssuer(Vertx vertx) {
    this.vertx = vertx;
    addKey("k1", "RS256");
    start();
  }

  /** Begins to answer; the same port as before an outage. */
  void start() {
    server =
        Fixture.await(
            vertx
                .createHttpServer()
                .requestHandler(
                    request -> {
                      if (broken) {
                        request.response().setStatusCode(500).end();
                      } else if (request.path().endsWith("/openid-configuration")) {
                        discoveries.incrementAndGet();
                        request.response().end(discovery().toString());
                      } else if (request.path().endsWith("/keys")
                          || request.path().endsWith("/jwks.json")) {
                        keyFetches.incrementAndGet();
                        request.response().end(jwks().toString());
                      } else if (request.path().endsWith("/userinfo")) {
                        request.response().end(userInfo);
                      } else {
                        request.response().setStatusCode(404).end();
                      }
                    })
                .listen(port, "127.0.0.1"));
    port = server.actualPort();
  }

  /** Nobody listens any more. */
  void stop() {
    Fixture.await(server.close());
  }

  String issuer() {
    return "http://127.0.0.1:" + port + "/realm";
  }

  private ObjectNode discovery() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("issuer", issuer());
    json.put("jwks_uri", issuer() + "/keys");
    json.put("userinfo_endpoint", issuer() + "/userinfo");
    return json;
  }

  private synchronized ObjectNode jwks() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    ArrayNode list = json.putArray("keys");
    keys.values().forEach(key -> list.add(key.jwk()));
    return json;
  }

  /** Publishes a new key. */
  synchronized void addKey(String id, String algorithm) {
    try {
      KeyPair pair =
          switch (algorithm) {
            case "ES256" -> {
              KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
              generator.initialize(new ECGenParameterSpec("secp256r1"));
              yield generator.generateKeyPair();
            }
            case "EdDSA" -> KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
            default -> {
              KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
              generator.initialize(2048);
              yield generator.generateKeyPair();
            }
          };
      keys.put(id, new Key(id, algorithm, pair, jwk(id, algorithm, pair)));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Withdraws a key. */
  synchronized void removeKey(String id) {
    keys.remove(id);
  }

  private static ObjectNode jwk(String id, String algorithm, KeyPair pair) {
    ObjectNode jwk = JsonNodeFactory.instance.objectNode();
    jwk.put("kid", id).put("use", "sig").put("alg", algorithm);
    if (pair.getPublic() instanceof RSAPublicKey rsa) {
      jwk.put("kty", "RSA");
      jwk.put("n", unsigned(rsa.getModulus(), 0));
      jwk.put("e", unsigned(rsa.getPublicExponent(), 0));
    } else if (pair.getPublic() instanceof ECPublicKey ec) {
      jwk.put("kty", "EC").put("crv", "P-256");
      jwk.put("x", unsigned(ec.getW().getAffineX(), 32));
      jwk.put("y", unsigned(ec.getW().getAffineY(), 32));
    } else if (pair.getPublic() instanceof EdECPublicKey ed) {
      byte[] encoded = ed.getEncoded();
      jwk.put("kty", "OKP").put("crv", "Ed25519");
      jwk.put("x", BASE64.encodeToString(Arrays.copyOfRange(encoded, 12, encoded.length)));
    }
    return jwk;
  }

  private static String unsigned(BigInteger number, int length) {
    byte[] bytes = number.toByteArray();
    byte[] stripped = bytes[0] == 0 ? Arrays.copyOfRange(bytes, 1, bytes.length) : bytes;
    byte[] padded = new byte[Math.max(length, stripped.length)];
    System.arraycopy(stripped, 0, padded, padded.length - stripped.length, stripped.length);
    return BASE64.encodeToString(padded);
  }

  // ---- tokens

  /** Claims of a good login. */
  ObjectNode claims(String subject) {
    long now = Instant.now().getEpochSecond();
    ObjectNode claims = JsonNodeFactory.instance.objectNode();
    claims.put("iss", issuer()).put("sub", subject).put("aud", "feldera-api");
    claims.put("iat", now).put("exp", now + 300);
    return claims;
  }

  /** A good login. */
  String token(String subject) {
    return token(subject, same -> same);
  }

  /** A login with other claims. */
  String token(String subject, UnaryOperator<ObjectNode> change) {
    return sign("k1", change.apply(claims(subject)));
  }

  /** Claims signed with a key in its own way. */
  synchronized String sign(String keyId, ObjectNode claims) {
    Key key = keys.get(keyId);
    ObjectNode header = JsonNodeFactory.instance.objectNode();
    header.put("alg", key.algorithm()).put("kid", keyId);
    return sign(header, claims, key.pair().getPrivate());
  }

  /** Claims under any header, signed as the header says with a key's private part. */
  String sign(ObjectNode header, ObjectNode claims, PrivateKey key) {
    try {
      String signed = encoded(header) + "." + encoded(claims);
      byte[] bytes = signed.getBytes(StandardCharsets.US_ASCII);
      Signature signature =
          switch (header.path("alg").asText()) {
            case "PS256" -> {
              Signature pss = Signature.getInstance("RSASSA-PSS");
              pss.setParameter(
                  new PSSParameterSpec("SHA-256", "MGF1", MGF1ParameterSpec.SHA256, 32, 1));
              yield pss;
            }
            case "ES256" -> Signature.getInstance("SHA256withECDSAinP1363Format");
            case "EdDSA" -> Signature.getInstance("Ed25519");
            case "RS512" -> Signature.getInstance("SHA512withRSA");
            default -> Signature.getInstance("SHA256withRSA");
          };
      signature.initSign(key);
      signature.update(bytes);
      return signed + "." + BASE64.encodeToString(signature.sign());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  synchronized PrivateKey privateKey(String keyId) {
    return keys.get(keyId).pair().getPrivate();
  }

  /** The attack in which the public key serves as a shared secret. */
  synchronized String signedWithThePublicKey(String keyId, ObjectNode claims) {
    try {
      ObjectNode header = JsonNodeFactory.instance.objectNode();
      header.put("alg", "HS256").put("kid", keyId);
      String signed = encoded(header) + "." + encoded(claims);
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(keys.get(keyId).pair().getPublic().getEncoded(), "HmacSHA256"));
      byte[] tag = mac.doFinal(signed.getBytes(StandardCharsets.US_ASCII));
      return signed + "." + BASE64.encodeToString(tag);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  static String encoded(ObjectNode json) {
    try {
      return BASE64.encodeToString(MAPPER.writeValueAsBytes(json));
    } catch (java.io.IOException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    stop();
  }
}
