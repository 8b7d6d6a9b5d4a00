package io.weirkeeper.verticles.tls;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.Signature;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.HexFormat;

/**
 * A certificate for 127.0.0.1 that vouches for itself, written in DER by hand: the JDK makes none.
 */
final class TestingCertificate {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMddHHmmss'Z'").withZone(ZoneOffset.UTC);

  /** ecdsa-with-SHA256. */
  private static final byte[] ALGORITHM = sequence(hex("06082a8648ce3d040302"));

  final String certificate;
  final String key;

  TestingCertificate(Instant until) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(256);
      KeyPair pair = generator.generateKeyPair();
      byte[] name =
          sequence(
              tagged(
                  0x31,
                  sequence(
                      hex("0603550403"), tagged(0x0c, "test".getBytes(StandardCharsets.UTF_8)))));
      byte[] alternatives = sequence(tagged(0x87, new byte[] {127, 0, 0, 1}));
      byte[] body =
          sequence(
              tagged(0xa0, hex("020102")),
              tagged(0x02, new BigInteger(63, new SecureRandom()).toByteArray()),
              ALGORITHM,
              name,
              sequence(time(Instant.EPOCH), time(until)),
              name,
              pair.getPublic().getEncoded(),
              tagged(0xa3, sequence(sequence(hex("0603551d11"), tagged(0x04, alternatives)))));
      Signature signature = Signature.getInstance("SHA256withECDSA");
      signature.initSign(pair.getPrivate());
      signature.update(body);
      byte[] signed = signature.sign();
      byte[] bits = new byte[signed.length + 1];
      System.arraycopy(signed, 0, bits, 1, signed.length);
      certificate = pem("CERTIFICATE", sequence(body, ALGORITHM, tagged(0x03, bits)));
      key = pem("PRIVATE KEY", pair.getPrivate().getEncoded());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  void write(Path certificateFile, Path keyFile) throws IOException {
    Files.writeString(certificateFile, certificate);
    Files.writeString(keyFile, key);
  }

  private static byte[] time(Instant time) {
    return tagged(0x18, TIME.format(time).getBytes(StandardCharsets.US_ASCII));
  }

  private static byte[] hex(String digits) {
    return HexFormat.of().parseHex(digits);
  }

  private static byte[] sequence(byte[]... parts) {
    return tagged(0x30, parts);
  }

  private static byte[] tagged(int tag, byte[]... parts) {
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      content.writeBytes(part);
    }
    int length = content.size();
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    whole.write(tag);
    if (length < 0x80) {
      whole.write(length);
    } else {
      whole.write(0x82);
      whole.write(length >> 8);
      whole.write(length);
    }
    whole.writeBytes(content.toByteArray());
    return whole.toByteArray();
  }

  private static String pem(String what, byte[] der) {
    return "-----BEGIN "
        + what
        + "-----\n"
        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der)
        + "\n-----END "
        + what
        + "-----\n";
  }
}
