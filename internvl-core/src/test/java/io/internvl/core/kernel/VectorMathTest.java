package io.internvl.core.kernel;

import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;
import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("kernel")
class VectorMathTest {
  private static final int SAMPLES = 200_000;

  /** Returns the largest error over evenly spaced arguments, relative where asked. */
  private static double largestError(
      UnaryOperator<FloatVector> function,
      DoubleUnaryOperator definition,
      double from,
      double to,
      boolean relative) {
    double largest = 0;
    for (int i = 0; i <= SAMPLES; i += FLOATS.length()) {
      float x = (float) (from + (to - from) * i / SAMPLES);
      double expected = definition.applyAsDouble(x);
      double actual = function.apply(FloatVector.broadcast(FLOATS, x)).lane(0);
      double error = Math.abs(actual - expected) / (relative ? Math.abs(expected) : 1);
      largest = Math.max(largest, error);
    }
    return largest;
  }

  @Test
  void raisesTwoToAPower() {
    assertThat(largestError(VectorMath::exp2, x -> Math.pow(2, x), -126, 127, true))
        .isLessThan(2e-7);
  }

  @Test
  void limitsPowersOfTwoToNormalNumbers() {
    assertThat(VectorMath.exp2(FloatVector.broadcast(FLOATS, -1e30f)).lane(0)).isEqualTo(0x1p-126f);
    assertThat(VectorMath.exp2(FloatVector.broadcast(FLOATS, 1e30f)).lane(0)).isEqualTo(0x1p127f);
  }

  @Test
  void computesGelu() {
    assertThat(largestError(VectorMath::gelu, Activations::gelu, -12, 12, false)).isLessThan(8e-7);
    assertThat(largestError(VectorMath::gelu, Activations::gelu, -4, 4, false)).isLessThan(5e-7);
  }

  @Test
  void computesGeluOfLargeArguments() {
    assertThat(VectorMath.gelu(FloatVector.broadcast(FLOATS, -1e20f)).lane(0)).isZero();
    assertThat(VectorMath.gelu(FloatVector.broadcast(FLOATS, 1e20f)).lane(0)).isEqualTo(1e20f);
  }

  @Test
  void computesSwish() {
    assertThat(
            largestError(
                x -> VectorMath.swish(x, 1f),
                x -> Activations.gated(GateActivation.SILU, x, 1),
                -80,
                20,
                false))
        .isLessThan(1.5e-6); // half a unit in the last place of 20 is 1e-6
  }

  @Test
  void definesTheErrorFunction() {
    assertThat(Activations.erf(0)).isZero();
    assertThat(Activations.erf(0.5)).isCloseTo(0.5204998778130465, within(1e-15));
    assertThat(Activations.erf(-1)).isCloseTo(-0.8427007929497149, within(1e-15));
    assertThat(Activations.erf(2.9)).isCloseTo(0.9999589021219005, within(1e-13));
    assertThat(Activations.erf(3.1)).isCloseTo(0.9999883513426328, within(1e-15));
    assertThat(Activations.erf(10)).isEqualTo(1);
  }
}
