package io.internvl.core.kernel;

import static io.internvl.core.kernel.ByteLanes.INT;
import static io.internvl.core.kernel.VectorSupport.INTS;
import static io.internvl.core.kernel.VectorSupport.LANES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * IQ4_XS with vectors of 256 or 128 bits: super-blocks of eight blocks of 32 codes, with a scale of
 * 6 bits each.
 */
final class GemvNarrowIQ4_XS extends GemvNarrowTableKernel {
  private static final long BYTES_OF_SUPER_BLOCK = 136;

  // Scale j has its lower bits in half byte j of word 1, its upper bits in bits 16 + 2j of word 0.
  private static final int[] LOW_SHIFTS = {0, 4, 8, 12, 16, 20, 24, 28};
  private static final int[] HIGH_SHIFTS = {12, 14, 16, 18, 20, 22, 24, 26}; // to bit 4
  private static final IntVector LOW_BITS = IntVector.broadcast(INTS, 0x0F);
  private static final IntVector HIGH_BITS = IntVector.broadcast(INTS, 0x30);
  private static final IntVector MIDDLE = IntVector.broadcast(INTS, 32);

  GemvNarrowIQ4_XS() {
    super(LookupRows.NON_LINEAR);
  }

  @Override
  boolean fits(int cols) {
    return cols % (AHEAD * BLOCK) == 0;
  }

  @Override
  void decodeScales(MemorySegment w, int first, int count, long[] starts, float[] scratch) {
    long at = first / AHEAD * BYTES_OF_SUPER_BLOCK;
    for (int i = 0; i < AHEAD; i += LANES) {
      IntVector lowShifts = IntVector.fromArray(INTS, LOW_SHIFTS, i);
      IntVector highShifts = IntVector.fromArray(INTS, HIGH_SHIFTS, i);
      for (int row = 0; row < RowShares.STREAMS; row++) {
        long o = at + starts[row];
        int word = w.get(INT, o);
        IntVector high =
            IntVector.broadcast(INTS, word)
                .lanewise(VectorOperators.LSHR, highShifts)
                .and(HIGH_BITS);
        IntVector s =
            IntVector.broadcast(INTS, w.get(INT, o + 4))
                .lanewise(VectorOperators.LSHR, lowShifts)
                .and(LOW_BITS)
                .or(high)
                .sub(MIDDLE);
        ((FloatVector) s.convert(VectorOperators.I2F, 0))
            .mul(HalfTable.VALUES[word & 0xFFFF])
            .intoArray(scratch, ALL_SUMS + row * AHEAD + i);
      }
    }
  }

  @Override
  long codesOf(int block) {
    return block / AHEAD * BYTES_OF_SUPER_BLOCK + 8 + block % AHEAD * 16L;
  }
}
