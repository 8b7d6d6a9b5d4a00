package io.weirkeeper.engine.function;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SqlFunctionsTest {

  private static final String DATAFLOW = "test";

  @Test
  void integersOfEverySizeRefuseToWrap() {
    assertThatThrownBy(() -> new Arithmetic.Add().eval((byte) 127, (byte) 1))
        .hasMessage("overflow: 127 + 1 is out of range of TINYINT");
    assertThatThrownBy(() -> new Arithmetic.Subtract().eval((short) -32768, (short) 1))
        .hasMessageContaining("SMALLINT");
    assertThatThrownBy(() -> new Arithmetic.Multiply().eval(65536, 32768))
        .hasMessageContaining("INT");
    assertThatThrownBy(() -> new Arithmetic.Add().eval(Long.MAX_VALUE, 1L))
        .hasMessageContaining("BIGINT");
    assertThatThrownBy(() -> new Arithmetic.Negate().eval(Long.MIN_VALUE))
        .hasMessageContaining("BIGINT");
    assertThatThrownBy(() -> new Arithmetic.Absolute().eval(Integer.MIN_VALUE))
        .hasMessageContaining("INT");
    assertThatThrownBy(() -> new Arithmetic.Divide().eval(Long.MIN_VALUE, -1L))
        .hasMessageContaining("BIGINT");
    assertThat(new Arithmetic.Multiply().eval(65536, 32767)).isEqualTo(2147418112);
  }

  @Test
  void decimalsRefuseWhatDoesNotFitAndDivisionByZero() {
    BigDecimal large = new BigDecimal("9".repeat(38));
    assertThatThrownBy(() -> new Arithmetic.Add().eval(large, BigDecimal.ONE, 38, 0))
        .hasMessageContaining("out of range of DECIMAL(38, 0)");
    assertThatThrownBy(() -> new Arithmetic.Divide().eval(large, BigDecimal.ZERO, 38, 6))
        .hasMessageContaining("by zero");
    assertThat(new Arithmetic.Divide().eval(BigDecimal.ONE, BigDecimal.valueOf(3), 10, 4))
        .isEqualTo(new BigDecimal("0.3333"));
  }

  @Test
  void divNullHasNoErrors() {
    Arithmetic.DivideOrNull divNull = new Arithmetic.DivideOrNull();
    assertThat(divNull.eval(Integer.MIN_VALUE, -1)).isNull();
    assertThat(divNull.eval(1L, 0L)).isNull();
    assertThat(divNull.eval(0.0, 0.0)).isNull();
    assertThat(divNull.eval(1f, 0f)).isNull();
    assertThat(divNull.eval(7, 2)).isEqualTo(3);
  }

  @Test
  void textThatIsNoValueIsNamed() {
    assertThatThrownBy(() -> new Conversions.ToInt().eval("1.5", false))
        .hasMessage("'1.5' is no value of type INT");
    assertThatThrownBy(() -> new Conversions.ToBigint().eval("9223372036854775808", false))
        .hasMessageContaining("value out of range of BIGINT");
    assertThatThrownBy(() -> new Conversions.ToDouble().eval("1f", false))
        .hasMessageContaining("DOUBLE");
    assertThatThrownBy(() -> new Conversions.ToDate().eval("2023-02-29", false))
        .hasMessageContaining("DATE");
    assertThatThrownBy(() -> new Conversions.ToBoolean().eval("yes", false))
        .hasMessageContaining("BOOLEAN");
    assertThatThrownBy(() -> new Conversions.ToDecimal().eval("1e99999", 38, 0, false))
        .hasMessageContaining("DECIMAL(38, 0)");
  }

  @Test
  void logarithmsOfNegativeNumbersAreErrors() {
    assertThatThrownBy(() -> new Mathematics.OfDouble(Mathematics.Function.LN).eval(-1.0))
        .hasMessage("LN of a negative number: -1.0");
    assertThatThrownBy(() -> new Mathematics.Log().eval(1.0, -2.0)).hasMessageContaining("base");
    assertThat(new Mathematics.OfDouble(Mathematics.Function.LN).eval(-0.0))
        .isEqualTo(Double.NEGATIVE_INFINITY);
  }

  @Test
  void aWideSumEqualsTheExactOneWhateverComesAndGoes() {
    Random random = new Random(7);
    IntegerSum sum = new IntegerSum(IntegerSum.Type.BIGINT, DATAFLOW);
    WideSum state = sum.createAccumulator();
    BigInteger exact = BigInteger.ZERO;
    for (int i = 0; i < 10_000; i++) {
      long value = random.nextLong() >> random.nextInt(Long.SIZE);
      if (random.nextBoolean()) {
        sum.accumulate(state, value);
        exact = exact.add(BigInteger.valueOf(value));
      } else {
        sum.retract(state, value);
        exact = exact.subtract(BigInteger.valueOf(value));
      }
      Long found = sum.getValue(state);
      boolean fits = exact.bitLength() < Long.SIZE;
      assertThat(found).isEqualTo(fits && state.count != 0 ? exact.longValue() : null);
      assertThat(StepFailures.of(DATAFLOW).check().isPresent()).isEqualTo(!fits);
    }
    StepFailures.close(DATAFLOW);
  }

  @Test
  void anOverflowThatIsTakenBackLeavesNothing() {
    DecimalSum sum = new DecimalSum(DATAFLOW);
    DecimalTotal state = sum.createAccumulator();
    sum.accumulate(state, new BigDecimal("9.9"), 2);
    sum.accumulate(state, new BigDecimal("0.1"), 2);
    assertThat(sum.getValue(state)).isNull();
    assertThat(StepFailures.of(DATAFLOW).check())
        .hasValueSatisfying(m -> assertThat(m).contains("10.0"));
    sum.retract(state, new BigDecimal("9.9"), 2);
    assertThat(sum.getValue(state)).isEqualTo(new BigDecimal("0.1"));
    assertThat(StepFailures.of(DATAFLOW).check()).isEmpty();
    StepFailures.close(DATAFLOW);
  }
}
