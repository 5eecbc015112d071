package io.internvl.core.kernel;

import static io.internvl.core.kernel.ByteLanes.INT;
import static io.internvl.core.kernel.ByteLanes.LONG;
import static io.internvl.core.kernel.ByteLanes.SHORT;
import static io.internvl.core.kernel.VectorSupport.BYTES;
import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.INTS;
import static io.internvl.core.kernel.VectorSupport.ORDER;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Decoders for vectors of 256 bits: eight bytes at once become a vector of integers, then of
 * floats. Up to twice as fast as those of sixteen bytes in {@link SmallBlockRows} and {@link
 * KQuantRows}, whose values they have bit for bit. Sixteen bytes are loaded each time, so that up
 * to {@link #BEYOND} bytes behind the last block are read. No method here takes or returns a
 * vector: such a call leaves vectors on the heap when it is not inlined.
 */
final class OctetRows {

  private static final IntVector NIBBLE = IntVector.broadcast(INTS, 15);
  private static final IntVector EIGHT = IntVector.broadcast(INTS, 8);
  private static final IntVector SIXTEEN = IntVector.broadcast(INTS, 16);
  private static final IntVector LANE = IntVector.zero(INTS).addIndex(1);

  /** Bytes that are read, but not used, behind what is decoded. */
  static final int BEYOND = 8;

  private OctetRows() {}

  static void q8v0(MemorySegment data, long offset, int count, float[] y, int to) {
    for (int block = 0; block < count / 32; block++) {
      long b = offset + 34L * block;
      int o = to + 32 * block;
      FloatVector d = FloatVector.broadcast(FLOATS, Float.float16ToFloat(data.get(SHORT, b)));
      ByteVector v = ByteVector.fromMemorySegment(BYTES, data, b + 2, ORDER);
      ((FloatVector) v.castShape(FLOATS, 0)).mul(d).intoArray(y, o);
      v = ByteVector.fromMemorySegment(BYTES, data, b + 10, ORDER);
      ((FloatVector) v.castShape(FLOATS, 0)).mul(d).intoArray(y, o + 8);
      v = ByteVector.fromMemorySegment(BYTES, data, b + 18, ORDER);
      ((FloatVector) v.castShape(FLOATS, 0)).mul(d).intoArray(y, o + 16);
      v = ByteVector.fromMemorySegment(BYTES, data, b + 26, ORDER);
      ((FloatVector) v.castShape(FLOATS, 0)).mul(d).intoArray(y, o + 24);
    }
  }

  static void q4v0(MemorySegment data, long offset, int count, float[] y, int to) {
    for (int block = 0; block < count / 32; block++) {
      long b = offset + 18L * block;
      int o = to + 32 * block;
      FloatVector d = FloatVector.broadcast(FLOATS, Float.float16ToFloat(data.get(SHORT, b)));
      IntVector v =
          (IntVector) ByteVector.fromMemorySegment(BYTES, data, b + 2, ORDER).castShape(INTS, 0);
      ((FloatVector) v.and(NIBBLE).sub(EIGHT).convert(VectorOperators.I2F, 0))
          .mul(d)
          .intoArray(y, o);
      v = v.lanewise(VectorOperators.LSHR, 4).and(NIBBLE).sub(EIGHT);
      ((FloatVector) v.convert(VectorOperators.I2F, 0)).mul(d).intoArray(y, o + 16);
      v = (IntVector) ByteVector.fromMemorySegment(BYTES, data, b + 10, ORDER).castShape(INTS, 0);
      ((FloatVector) v.and(NIBBLE).sub(EIGHT).convert(VectorOperators.I2F, 0))
          .mul(d)
          .intoArray(y, o + 8);
      v = v.lanewise(VectorOperators.LSHR, 4).and(NIBBLE).sub(EIGHT);
      ((FloatVector) v.convert(VectorOperators.I2F, 0)).mul(d).intoArray(y, o + 24);
    }
  }

  static void q5v0(MemorySegment data, long offset, int count, float[] y, int to) {
    for (int half = 0; half < count / 16; half++) { // eight bytes of a block
      long b = offset + 22L * (half / 2);
      int o = to + 32 * (half / 2) + half % 2 * 8;
      FloatVector d = FloatVector.broadcast(FLOATS, Float.float16ToFloat(data.get(SHORT, b)));
      IntVector bits =
          IntVector.broadcast(INTS, data.get(INT, b + 2) >>> half % 2 * 8)
              .lanewise(VectorOperators.LSHR, LANE);
      IntVector v =
          (IntVector)
              ByteVector.fromMemorySegment(BYTES, data, b + 6 + half % 2 * 8, ORDER)
                  .castShape(INTS, 0);
      IntVector fifth = bits.lanewise(VectorOperators.LSHL, 4).and(SIXTEEN);
      ((FloatVector) v.and(NIBBLE).or(fifth).sub(SIXTEEN).convert(VectorOperators.I2F, 0))
          .mul(d)
          .intoArray(y, o);
      fifth = bits.lanewise(VectorOperators.LSHR, 12).and(SIXTEEN);
      v = v.lanewise(VectorOperators.LSHR, 4).and(NIBBLE).or(fifth).sub(SIXTEEN);
      ((FloatVector) v.convert(VectorOperators.I2F, 0)).mul(d).intoArray(y, o + 16);
    }
  }

  static void q4k(MemorySegment data, long offset, int count, float[] y, int to) {
    for (int block = 0; block < count / 256; block++) {
      long b = offset + 144L * block;
      float d = Float.float16ToFloat(data.get(SHORT, b));
      float dmin = Float.float16ToFloat(data.get(SHORT, b + 2));
      long scales = KQuantRows.scales(data.get(LONG, b + 4), data.get(INT, b + 12));
      long minima = KQuantRows.minima(data.get(LONG, b + 4), data.get(INT, b + 12));
      for (int k = 0; k < 8; k++) { // sixteen bytes, of 32 for each pair of sub-blocks
        int j = 16 * (k / 2);
        int o = to + 256 * block + 64 * (k / 2) + 16 * (k % 2);
        FloatVector scale = FloatVector.broadcast(FLOATS, d * (scales >>> j & 63));
        FloatVector shift = FloatVector.broadcast(FLOATS, -(dmin * (minima >>> j & 63)));
        FloatVector nextScale = FloatVector.broadcast(FLOATS, d * (scales >>> j + 8 & 63));
        FloatVector nextShift = FloatVector.broadcast(FLOATS, -(dmin * (minima >>> j + 8 & 63)));
        IntVector v =
            (IntVector)
                ByteVector.fromMemorySegment(BYTES, data, b + 16 + 16L * k, ORDER)
                    .castShape(INTS, 0);
        IntVector u =
            (IntVector)
                ByteVector.fromMemorySegment(BYTES, data, b + 24 + 16L * k, ORDER)
                    .castShape(INTS, 0);
        ((FloatVector) v.and(NIBBLE).convert(VectorOperators.I2F, 0))
            .mul(scale)
            .add(shift)
            .intoArray(y, o);
        ((FloatVector) u.and(NIBBLE).convert(VectorOperators.I2F, 0))
            .mul(scale)
            .add(shift)
            .intoArray(y, o + 8);
        v = v.lanewise(VectorOperators.LSHR, 4).and(NIBBLE);
        ((FloatVector) v.convert(VectorOperators.I2F, 0))
            .mul(nextScale)
            .add(nextShift)
            .intoArray(y, o + 32);
        u = u.lanewise(VectorOperators.LSHR, 4).and(NIBBLE);
        ((FloatVector) u.convert(VectorOperators.I2F, 0))
            .mul(nextScale)
            .add(nextShift)
            .intoArray(y, o + 40);
      }
    }
  }
}
