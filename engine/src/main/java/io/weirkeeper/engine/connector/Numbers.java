package io.weirkeeper.engine.connector;

import com.fasterxml.jackson.databind.JsonNode;
import io.weirkeeper.core.connector.DatagenConfig;
import io.weirkeeper.core.connector.DatagenStrategies;
import io.weirkeeper.engine.flow.CellType;
import java.math.BigDecimal;
import java.math.BigInteger;
import org.apache.flink.table.data.DecimalData;

/** Generators of numbers with a fraction, or beyond 64 bits. */
final class Numbers {
  private Numbers() {}

  /** One more than the largest unsigned 64-bit number. */
  static final BigDecimal UNSIGNED_LONG_END = new BigDecimal(BigInteger.ONE.shiftLeft(64));

  static FieldGenerator floating(String path, DatagenConfig.Field settings, boolean single) {
    JsonNode range = settings.range();
    double limit = single ? Float.MAX_VALUE : Double.MAX_VALUE;
    boolean counts = settings.strategy().equals(DatagenStrategies.INCREMENT);
    double from =
        range == null
            ? counts ? 0 : -limit
            : FieldGenerators.number(path, range.get(0)).doubleValue();
    double to = range == null ? limit : FieldGenerators.number(path, range.get(1)).doubleValue();
    FieldGenerators.requireOrder(path, settings, from < to);
    if (from < -limit || to > limit) {
      throw FieldGenerators.wrong(path, "range: outside of the type, found " + range);
    }
    double scale = settings.scale();
    FieldGenerator values =
        switch (settings.strategy()) {
          case DatagenStrategies.INCREMENT ->
              (number, random) -> from + within(number * scale, range == null, to - from);
          case DatagenStrategies.ZIPF -> {
            Zipf zipf =
                new Zipf(Math.max(1, Math.floor(to / 2 - from / 2) * 2), settings.exponent());
            yield (number, random) -> from + (zipf.next(random) - 1);
          }
          default ->
              (number, random) -> {
                double u = random.nextDouble();
                // Not from + u * (to - from), which overflows over the whole type.
                double value = from * (1 - u) + to * u;
                return scale == 1 ? value : from + within((value - from) * scale, false, to - from);
              };
        };
    return single
        ? (number, random) -> ((Double) values.next(number, random)).floatValue()
        : values;
  }

  private static double within(double value, boolean free, double span) {
    if (free) {
      return value;
    }
    double rest = value % span;
    return rest < 0 ? rest + span : rest;
  }

  /**
   * Decimal numbers.
   *
   * @param end of the type, exclusive, when it is not that of the precision; then no value is
   *     negative
   */
  static FieldGenerator decimal(
      String path,
      DatagenConfig.Field settings,
      int precision,
      int digits,
      BigDecimal end,
      CellType cell) {
    FieldGenerators.requireScale(path, settings, end != null);
    BigDecimal limit = end == null ? BigDecimal.TEN.pow(precision - digits) : end;
    boolean counts = settings.strategy().equals(DatagenStrategies.INCREMENT);
    JsonNode range = settings.range();
    BigDecimal from =
        range == null
            ? counts || end != null ? BigDecimal.ZERO : limit.negate()
            : FieldGenerators.number(path, range.get(0));
    BigDecimal to = range == null ? limit : FieldGenerators.number(path, range.get(1));
    FieldGenerators.requireOrder(path, settings, from.compareTo(to) < 0);
    if (to.compareTo(limit) > 0
        || from.compareTo(end == null ? limit.negate() : BigDecimal.ZERO) < 0) {
      throw FieldGenerators.wrong(path, "range: outside of the type, found " + range);
    }
    if (range == null && counts && settings.scale() < 0) {
      from = limit.negate().add(BigDecimal.ONE);
      to = BigDecimal.ONE;
      return units(path, settings, from, to, digits, BigDecimal.ZERO, cell);
    }
    return units(path, settings, from, to, digits, from, cell);
  }

  /** Works in units of the last digit; {@code first} is the value of row 0 when counting. */
  private static FieldGenerator units(
      String path,
      DatagenConfig.Field settings,
      BigDecimal from,
      BigDecimal to,
      int digits,
      BigDecimal first,
      CellType cell) {
    BigInteger unit = BigInteger.TEN.pow(digits);
    BigInteger low;
    BigInteger size;
    BigInteger offset;
    try {
      low = from.setScale(digits).unscaledValue();
      size = to.setScale(digits).unscaledValue().subtract(low);
      offset = first.setScale(digits).unscaledValue().subtract(low);
    } catch (ArithmeticException e) {
      throw FieldGenerators.wrong(
          path,
          "range: expected at most "
              + digits
              + " digits after the point, found "
              + settings.range());
    }
    boolean counts = settings.strategy().equals(DatagenStrategies.INCREMENT);
    BigInteger step = unit.multiply(BigInteger.valueOf(settings.scale()));
    if (size.bitLength() < 64 && low.bitLength() < 63 && cell.precision() <= 18) {
      Counter counter =
          new Counter(
              settings.strategy(),
              low.longValue(),
              size.longValue(),
              counts ? step.longValue() : settings.scale(),
              settings.exponent());
      if (step.bitLength() < 63 && offset.signum() == 0 && !isZipf(settings)) {
        return (number, random) ->
            DecimalData.fromUnscaledLong(
                counter.next(number, random), cell.precision(), cell.scale());
      }
    }
    Zipf zipf =
        isZipf(settings)
            ? new Zipf(Math.max(1, to.subtract(from).doubleValue()), settings.exponent())
            : null;
    return (number, random) -> {
      BigInteger value =
          counts
              ? offset.add(step.multiply(BigInteger.valueOf(number))).mod(size)
              : zipf != null
                  ? unit.multiply(BigInteger.valueOf(zipf.next(random) - 1))
                  : random(size, random).multiply(BigInteger.valueOf(settings.scale())).mod(size);
      return cell.toInternal(new BigDecimal(low.add(value), digits));
    };
  }

  private static boolean isZipf(DatagenConfig.Field settings) {
    return settings.strategy().equals(DatagenStrategies.ZIPF);
  }

  private static BigInteger random(BigInteger size, RowRandom random) {
    BigInteger bits = BigInteger.ZERO;
    for (int have = 0; have < size.bitLength() + 64; have += 64) {
      bits = bits.shiftLeft(64).add(new BigInteger(Long.toUnsignedString(random.nextLong())));
    }
    return bits.mod(size);
  }
}
