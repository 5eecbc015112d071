package io.internvl.gguf;

import java.util.Optional;

/**
 * The element encodings of GGUF tensors, with ggml's names and ids.
 *
 * <p>A quantised type stores its elements in blocks of {@link #blockSize} consecutive elements of a
 * row; each block takes {@link #blockBytes} bytes. Instances are immutable and thread-safe.
 */
public enum TensorType {
  /** IEEE 754 binary32. */
  F32(0, 1, 4),
  /** IEEE 754 binary16. */
  F16(1, 1, 2),
  /** 4 bits, scale. */
  Q4_0(2, 32, 18),
  /** 4 bits, scale and minimum. */
  Q4_1(3, 32, 20),
  /** 5 bits, scale. */
  Q5_0(6, 32, 22),
  /** 5 bits, scale and minimum. */
  Q5_1(7, 32, 24),
  /** 8 bits, scale. */
  Q8_0(8, 32, 34),
  /** 8 bits, scale and sum; a run-time format for activations. */
  Q8_1(9, 32, 36),
  /** 2 bits, 16 sub-blocks with 4-bit scales and minima. */
  Q2_K(10, 256, 84),
  /** 3 bits, 16 sub-blocks with 6-bit scales. */
  Q3_K(11, 256, 110),
  /** 4 bits, 8 sub-blocks with 6-bit scales and minima. */
  Q4_K(12, 256, 144),
  /** 5 bits, 8 sub-blocks with 6-bit scales and minima. */
  Q5_K(13, 256, 176),
  /** 6 bits, 16 sub-blocks with 8-bit scales. */
  Q6_K(14, 256, 210),
  /** 8 bits with sums; a run-time format for activations. */
  Q8_K(15, 256, 292),
  /** 2.06 bits per weight, codebook of 256 entries. */
  IQ2_XXS(16, 256, 66),
  /** 2.31 bits per weight, codebook of 512 entries. */
  IQ2_XS(17, 256, 74),
  /** 3.06 bits per weight, codebook of 256 entries. */
  IQ3_XXS(18, 256, 98),
  /** 1.56 bits per weight, codebook of 2048 entries. */
  IQ1_S(19, 256, 50),
  /** 4 bits, non-linear values. */
  IQ4_NL(20, 32, 18),
  /** 3.44 bits per weight, codebook of 512 entries. */
  IQ3_S(21, 256, 110),
  /** 2.5 bits per weight, codebook of 1024 entries. */
  IQ2_S(22, 256, 82),
  /** 4 bits, non-linear values, 8 sub-blocks with 6-bit scales. */
  IQ4_XS(23, 256, 136),
  /** Signed 8-bit integers. */
  I8(24, 1, 1),
  /** Signed 16-bit integers. */
  I16(25, 1, 2),
  /** Signed 32-bit integers. */
  I32(26, 1, 4),
  /** Signed 64-bit integers. */
  I64(27, 1, 8),
  /** IEEE 754 binary64. */
  F64(28, 1, 8),
  /** 1.75 bits per weight, codebook of 2048 entries. */
  IQ1_M(29, 256, 56),
  /** The upper half of a binary32. */
  BF16(30, 1, 2),
  /** Ternary, 1.69 bits per weight. */
  TQ1_0(34, 256, 54),
  /** Ternary, 2.06 bits per weight. */
  TQ2_0(35, 256, 66),
  /** 4-bit floats with a power-of-two scale (OCP microscaling). */
  MXFP4(39, 32, 17),
  /** 4-bit floats with 8-bit float scales. */
  NVFP4(40, 64, 36),
  /** Signs only. */
  Q1_0(41, 128, 18),
  /** 2 bits, scale. */
  Q2_0(42, 64, 18);

  private static final TensorType[] BY_ID = byId();

  private final int id;
  private final int blockSize;
  private final int blockBytes;

  TensorType(int id, int blockSize, int blockBytes) {
    this.id = id;
    this.blockSize = blockSize;
    this.blockBytes = blockBytes;
  }

  /**
   * Finds the type with a given ggml id.
   *
   * @param id the id as stored in a file
   * @return the type, empty when the id is unknown or was withdrawn
   */
  public static Optional<TensorType> ofId(int id) {
    return id < 0 || id >= BY_ID.length ? Optional.empty() : Optional.ofNullable(BY_ID[id]);
  }

  /**
   * Returns ggml's id of this type.
   *
   * @return the id as stored in files
   */
  public int id() {
    return id;
  }

  /**
   * Returns the number of consecutive elements of a row that form one block.
   *
   * @return elements per block, 1 for types that are not quantised
   */
  public int blockSize() {
    return blockSize;
  }

  /**
   * Returns the size of one block.
   *
   * @return bytes per block
   */
  public int blockBytes() {
    return blockBytes;
  }

  /**
   * Returns the size of a run of elements.
   *
   * @param elements number of elements, a multiple of {@link #blockSize}
   * @return size in bytes
   * @throws IllegalArgumentException when {@code elements} is negative or not a whole number of
   *     blocks
   * @throws ArithmeticException when the size exceeds a {@code long}
   */
  public long byteSize(long elements) {
    if (elements < 0 || elements % blockSize != 0) {
      throw new IllegalArgumentException(
          elements + " elements of " + this + " are not a multiple of its block of " + blockSize);
    }
    return Math.multiplyExact(elements / blockSize, (long) blockBytes);
  }

  private static TensorType[] byId() {
    TensorType[] table = new TensorType[64];
    for (TensorType type : values()) {
      table[type.id] = type;
    }
    return table;
  }
}
