package io.internvl.core.kernel;

import static io.internvl.core.kernel.ByteLanes.LONG;
import static io.internvl.core.kernel.ByteLanes.SHORT;
import static io.internvl.core.kernel.VectorSupport.BYTES;
import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.INTS;
import static io.internvl.core.kernel.VectorSupport.LANES;
import static io.internvl.core.kernel.VectorSupport.ORDER;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** Q6_K, see {@link GemvNarrowQ6_K}, with integer activations. */
final class GemvNarrowQ6_KIntegers extends GemvNarrowIntegerKernel {
  private static final int BYTES_OF_BLOCK = 210;
  private static final int SCALES = GemvNarrowKernel.SCALES;
  private static final IntVector LOWER = IntVector.broadcast(INTS, 0x0F0F0F0F);
  private static final IntVector EVEN = IntVector.broadcast(INTS, 0x00FF00FF);
  private static final IntVector SECOND_PAIR = IntVector.broadcast(INTS, 0x0C0C0C0C);
  private static final IntVector THIRD_PAIR = IntVector.broadcast(INTS, 0x30303030);

  /** Lanes of the products of a scale. */
  private static final int LANES_OF_SCALE = 4;

  /** Vectors of scales of a row and a super-block, as {@link #multiplyCodes} meets them. */
  private static final int VECTORS = 2 * STEPS;

  private static final int ROW = VECTORS * LANES;
  private static final int ALL_ROWS = RowShares.STREAMS * ROW;

  // A vector of scales makes four vectors in which each fills the lanes of its products.
  private static final IntVector FIRST = IntVector.fromArray(INTS, spread(), 0);
  private static final IntVector SECOND = IntVector.fromArray(INTS, spread(), LANES);
  private static final IntVector THIRD = IntVector.fromArray(INTS, spread(), 2 * LANES);
  private static final IntVector FOURTH = IntVector.fromArray(INTS, spread(), 3 * LANES);

  private static int[] spread() {
    int[] lanes = new int[4 * LANES];
    for (int i = 0; i < lanes.length; i++) {
      lanes[i] = i / LANES_OF_SCALE;
    }
    return lanes;
  }

  GemvNarrowQ6_KIntegers() {
    super(IntegerCodes.SIX_BITS_K);
  }

  /**
   * Returns which vector of {@link #VECTORS} that with the lanes of a scale is: 128 codes have
   * eight scales, the first four for lower codes, and a step has a vector for these and one for
   * upper codes.
   */
  private static int vectorOf(int scale) {
    int step = (scale / 8 * 4 + scale % 4) * LANES_OF_SCALE / LANES;
    return 2 * step + scale % 8 / 4;
  }

  @Override
  int scaleFloats() {
    return ALL_ROWS;
  }

  @Override
  void decodeScales(
      MemorySegment w,
      int firstBlock,
      int blocks,
      long[] starts,
      NarrowIntegers x,
      byte[] bytes,
      float[] scratch) {
    float[] factors = x.halfFactors();
    for (int block = 0; block < blocks; block++) {
      long offset = (firstBlock + block) * (long) BYTES_OF_BLOCK;
      int from = (firstBlock + block) * SCALES;
      int scales = ALL_SUMS + block * ALL_ROWS;
      for (int row = 0; row < RowShares.STREAMS; row++) {
        long o = offset + starts[row];
        GemvNarrowKernel.LONGS.set(bytes, 0, w.get(LONG, o + 192));
        GemvNarrowKernel.LONGS.set(bytes, 8, w.get(LONG, o + 200));
        float d = HalfTable.VALUES[w.get(SHORT, o + 208) & 0xFFFF];
        for (int i = 0; i < SCALES; i += LANES) {
          FloatVector s =
              ((FloatVector)
                      ByteVector.fromArray(BYTES, bytes, i)
                          .convertShape(VectorOperators.B2F, FLOATS, 0))
                  .mul(d)
                  .mul(FloatVector.fromArray(FLOATS, factors, from + i));
          int to = scales + row * ROW;
          int next = LANES / LANES_OF_SCALE; // scales of a vector
          FIRST
              .selectFrom(s.reinterpretAsInts())
              .reinterpretAsFloats()
              .intoArray(scratch, to + vectorOf(i) * LANES);
          SECOND
              .selectFrom(s.reinterpretAsInts())
              .reinterpretAsFloats()
              .intoArray(scratch, to + vectorOf(i + next) * LANES);
          THIRD
              .selectFrom(s.reinterpretAsInts())
              .reinterpretAsFloats()
              .intoArray(scratch, to + vectorOf(i + 2 * next) * LANES);
          FOURTH
              .selectFrom(s.reinterpretAsInts())
              .reinterpretAsFloats()
              .intoArray(scratch, to + vectorOf(i + 3 * next) * LANES);
        }
      }
    }
  }

  @Override
  void multiplyCodes(
      MemorySegment w,
      int firstBlock,
      int blocks,
      long[] starts,
      NarrowIntegers input,
      float[] scratch) {
    int[] x = input.values();
    int[] offsets = input.offsets();
    for (int all = 0; all < blocks * STEPS; all++) {
      int block = all / STEPS;
      int step = all % STEPS;
      int i = (firstBlock * BLOCK + all * STEP) / 2;
      IntVector x0 = IntVector.fromArray(INTS, x, i);
      IntVector x1 = IntVector.fromArray(INTS, x, i + LANES);
      IntVector x2 = IntVector.fromArray(INTS, x, i + 2 * LANES);
      IntVector x3 = IntVector.fromArray(INTS, x, i + 3 * LANES);
      IntVector first = IntVector.fromArray(INTS, offsets, i);
      IntVector second = IntVector.fromArray(INTS, offsets, i + LANES);
      int place = step * VECTOR_BYTES;
      int pair = place % 64 / 32 * 2;
      IntVector shift = IntVector.broadcast(INTS, 4 >> pair);
      int scale = ALL_SUMS + block * ALL_ROWS + step * 2 * LANES;
      long codes = (firstBlock + block) * (long) BYTES_OF_BLOCK + place;
      int upper = 128 + place / 64 * 32 + place % 32 - place;
      for (int row = 0; row < RowShares.STREAMS; row++) {
        long o = codes + starts[row];
        IntVector v = IntVector.fromMemorySegment(INTS, w, o, ORDER);
        IntVector h = IntVector.fromMemorySegment(INTS, w, o + upper, ORDER).mul(shift);
        IntVector c = v.and(LOWER).or(h.and(SECOND_PAIR).lanewise(VectorOperators.LSHL, 2));
        IntVector p = c.and(EVEN).mul(x0).add(first);
        IntVector q = c.lanewise(VectorOperators.LSHR, 8).and(EVEN).mul(x1);
        FloatVector low = (FloatVector) p.add(q).convert(VectorOperators.I2F, 0);
        c =
            v.lanewise(VectorOperators.LSHR, 4)
                .and(LOWER)
                .or(h.lanewise(VectorOperators.LSHR, 2).and(THIRD_PAIR));
        p = c.and(EVEN).mul(x2).add(second);
        q = c.lanewise(VectorOperators.LSHR, 8).and(EVEN).mul(x3);
        FloatVector high = (FloatVector) p.add(q).convert(VectorOperators.I2F, 0);
        int lanes = row * SUMS;
        int scales = scale + row * ROW;
        FloatVector sum = FloatVector.fromArray(FLOATS, scratch, lanes);
        sum = low.fma(FloatVector.fromArray(FLOATS, scratch, scales), sum);
        sum = high.fma(FloatVector.fromArray(FLOATS, scratch, scales + LANES), sum);
        sum.intoArray(scratch, lanes);
      }
    }
  }
}
