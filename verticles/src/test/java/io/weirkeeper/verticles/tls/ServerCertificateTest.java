package io.weirkeeper.verticles.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServerCertificateTest {
  private static final Instant NEXT_YEAR = Instant.parse("2200-01-01T00:00:00Z");
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final Vertx vertx = Vertx.vertx();
  @TempDir Path folder;

  @AfterEach
  void close() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  private Path certificates() {
    return folder.resolve("tls.crt");
  }

  private Path key() {
    return folder.resolve("tls.key");
  }

  private ServerCertificate watch() throws IOException {
    return ServerCertificate.watch(vertx, certificates(), key(), Clock.systemUTC());
  }

  @Test
  void aPairThatCanNotBeUsedIsRefusedWithTheFilesAndTheReason() throws IOException {
    assertThatThrownBy(this::watch).hasMessageContaining("There is no file " + certificates());
    TestingCertificate good = new TestingCertificate(NEXT_YEAR);
    good.write(certificates(), key());
    Files.writeString(key(), new TestingCertificate(NEXT_YEAR).key);
    assertThatThrownBy(this::watch)
        .hasMessageContaining(key().toString())
        .hasMessageContaining("is not that of the certificate");
    Files.writeString(key(), "no key");
    assertThatThrownBy(this::watch).hasMessageContaining("expected a PEM certificate");
    new TestingCertificate(Instant.parse("2020-01-01T00:00:00Z")).write(certificates(), key());
    assertThatThrownBy(this::watch).hasMessageContaining("has expired at 2020-01-01T00:00:00Z");
  }

  @Test
  void newFilesAreTakenAndBadOnesLeaveThoseBeforeInUse() throws IOException {
    new TestingCertificate(NEXT_YEAR).write(certificates(), key());
    ServerCertificate certificate = watch();
    AtomicInteger heard = new AtomicInteger();
    certificate.whenChanged(options -> heard.incrementAndGet());
    assertThat(certificate.says()).contains("good until 2200-01-01T00:00:00Z");

    Files.writeString(certificates(), "broken");
    until(() -> certificate.says().contains("newer files are not used: expected a PEM"));
    assertThat(certificate.says()).contains("good until 2200-01-01T00:00:00Z");
    assertThat(certificate.isValid()).isTrue();
    Files.delete(certificates());
    until(() -> certificate.says().contains("newer files are not used: There is no file"));
    assertThat(heard).hasValue(0);

    new TestingCertificate(Instant.parse("2300-01-01T00:00:00Z")).write(certificates(), key());
    until(() -> heard.get() == 1);
    assertThat(certificate.says())
        .contains("good until 2300-01-01T00:00:00Z")
        .doesNotContain("not used");
  }

  private static void until(BooleanSupplier condition) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("within " + PATIENCE).isLessThan(deadline);
      LockSupport.parkNanos(2_000_000);
    }
  }
}
