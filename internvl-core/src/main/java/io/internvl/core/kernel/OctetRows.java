package io.internvl.core.kernel;

import static io.internvl.core.kernel.ByteLanes.INT;
import static io.internvl.core.kernel.ByteLanes.LONG;
import static io.internvl.core.kernel.ByteLanes.SHORT;
import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.INTS;
import static io.internvl.core.kernel.VectorSupport.ORDER;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Decoders for vectors of 256 bits: eight bytes are widened to eight integers at once, which then
 * are shifted, masked and scaled. The values are those of {@link
 * io.internvl.core.quant.BlockCodecs}, bit for bit.
 */
final class OctetRows {
  private static final VectorSpecies<Byte> BYTES = ByteVector.SPECIES_64;
  private static final IntVector LOWER = IntVector.broadcast(INTS, 15);
  private static final IntVector EIGHT = IntVector.broadcast(INTS, 8);
  private static final IntVector FIFTH = IntVector.broadcast(INTS, 16);
  private static final IntVector LANE = VectorSupport.ints(0, 1, 2, 3, 4, 5, 6, 7);

  private OctetRows() {}

  private static IntVector octet(MemorySegment data, long at) {
    return (IntVector)
        ByteVector.fromMemorySegment(BYTES, data, at, ORDER)
            .convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0);
  }

  private static float half(MemorySegment data, long at) {
    return HalfTable.VALUES[data.get(SHORT, at) & 0xFFFF];
  }

  /** Writes {@code d * q} to y[o .. o + 7]. */
  private static void scaled(IntVector q, FloatVector d, float[] y, int o) {
    ((FloatVector) q.convert(VectorOperators.I2F, 0)).mul(d).intoArray(y, o);
  }

  /** Writes {@code d * q + m} to y[o .. o + 7]. */
  private static void affine(IntVector q, FloatVector d, FloatVector m, float[] y, int o) {
    ((FloatVector) q.convert(VectorOperators.I2F, 0)).mul(d).add(m).intoArray(y, o);
  }

  /** Widens eight bytes with their signs and writes them, scaled. */
  private static void signed(MemorySegment data, long at, FloatVector d, float[] y, int o) {
    ByteVector v = ByteVector.fromMemorySegment(BYTES, data, at, ORDER);
    ((FloatVector) v.castShape(FLOATS, 0)).mul(d).intoArray(y, o);
  }

  static void q8v0(MemorySegment data, long offset, int count, float[] y, int to) {
    for (int block = 0; block < count / 32; block++) {
      long b = offset + 34L * block;
      FloatVector d = FloatVector.broadcast(FLOATS, half(data, b));
      int o = to + 32 * block;
      signed(data, b + 2, d, y, o);
      signed(data, b + 10, d, y, o + 8);
      signed(data, b + 18, d, y, o + 16);
      signed(data, b + 26, d, y, o + 24);
    }
  }

  static void q4v0(MemorySegment data, long offset, int count, float[] y, int to) {
    for (int block = 0; block < count / 32; block++) {
      long b = offset + 18L * block;
      FloatVector d = FloatVector.broadcast(FLOATS, half(data, b));
      int o = to + 32 * block;
      IntVector v = octet(data, b + 2);
      IntVector w = octet(data, b + 10);
      scaled(v.and(LOWER).sub(EIGHT), d, y, o);
      scaled(w.and(LOWER).sub(EIGHT), d, y, o + 8);
      scaled(v.lanewise(VectorOperators.LSHR, 4).sub(EIGHT), d, y, o + 16);
      scaled(w.lanewise(VectorOperators.LSHR, 4).sub(EIGHT), d, y, o + 24);
    }
  }

  static void q4v1(MemorySegment data, long offset, int count, float[] y, int to) {
    for (int block = 0; block < count / 32; block++) {
      long b = offset + 20L * block;
      FloatVector d = FloatVector.broadcast(FLOATS, half(data, b));
      FloatVector m = FloatVector.broadcast(FLOATS, half(data, b + 2));
      int o = to + 32 * block;
      IntVector v = octet(data, b + 4);
      IntVector w = octet(data, b + 12);
      affine(v.and(LOWER), d, m, y, o);
      affine(w.and(LOWER), d, m, y, o + 8);
      affine(v.lanewise(VectorOperators.LSHR, 4), d, m, y, o + 16);
      affine(w.lanewise(VectorOperators.LSHR, 4), d, m, y, o + 24);
    }
  }

  /** Spreads bits 4 to 11 over the lanes: bit 4 of each. */
  private static IntVector fifth(int bits) {
    return IntVector.broadcast(INTS, bits).lanewise(VectorOperators.LSHR, LANE).and(FIFTH);
  }

  static void q5v0(MemorySegment data, long offset, int count, float[] y, int to) {
    for (int octet = 0; octet < count / 16; octet++) {
      long b = offset + 22L * (octet / 2);
      int part = octet % 2 * 8;
      FloatVector d = FloatVector.broadcast(FLOATS, half(data, b));
      int high = data.get(INT, b + 2) >>> part;
      int o = to + 16 * (octet / 2 * 2) + part;
      IntVector v = octet(data, b + 6 + part);
      scaled(v.and(LOWER).or(fifth(high << 4)).sub(FIFTH), d, y, o);
      scaled(v.lanewise(VectorOperators.LSHR, 4).or(fifth(high >>> 12)).sub(FIFTH), d, y, o + 16);
    }
  }

  static void q5v1(MemorySegment data, long offset, int count, float[] y, int to) {
    for (int octet = 0; octet < count / 16; octet++) {
      long b = offset + 24L * (octet / 2);
      int part = octet % 2 * 8;
      FloatVector d = FloatVector.broadcast(FLOATS, half(data, b));
      FloatVector m = FloatVector.broadcast(FLOATS, half(data, b + 2));
      int high = data.get(INT, b + 4) >>> part;
      int o = to + 16 * (octet / 2 * 2) + part;
      IntVector v = octet(data, b + 8 + part);
      affine(v.and(LOWER).or(fifth(high << 4)), d, m, y, o);
      affine(v.lanewise(VectorOperators.LSHR, 4).or(fifth(high >>> 12)), d, m, y, o + 16);
    }
  }

  static void q4k(MemorySegment data, long offset, int count, float[] y, int to) {
    for (int block = 0; block < count / 256; block++) {
      long b = offset + 144L * block;
      float d = half(data, b);
      float dmin = half(data, b + 2);
      long scales = KQuantRows.scales(data.get(LONG, b + 4), data.get(INT, b + 12));
      long minima = KQuantRows.minima(data.get(LONG, b + 4), data.get(INT, b + 12));
      for (int k = 0; k < 8; k++) { // sixteen bytes: halves of two sub-blocks
        int j = k / 2 * 16;
        FloatVector d0 = FloatVector.broadcast(FLOATS, d * (int) (scales >>> j & 63));
        FloatVector m0 = FloatVector.broadcast(FLOATS, -(dmin * (int) (minima >>> j & 63)));
        FloatVector d1 = FloatVector.broadcast(FLOATS, d * (int) (scales >>> j + 8 & 63));
        FloatVector m1 = FloatVector.broadcast(FLOATS, -(dmin * (int) (minima >>> j + 8 & 63)));
        long at = b + 16 + 16L * k;
        int o = to + 256 * block + 64 * (k / 2) + 16 * (k % 2);
        IntVector v = octet(data, at);
        affine(v.and(LOWER), d0, m0, y, o);
        affine(v.lanewise(VectorOperators.LSHR, 4), d1, m1, y, o + 32);
        v = octet(data, at + 8);
        affine(v.and(LOWER), d0, m0, y, o + 8);
        affine(v.lanewise(VectorOperators.LSHR, 4), d1, m1, y, o + 40);
      }
    }
  }
}
