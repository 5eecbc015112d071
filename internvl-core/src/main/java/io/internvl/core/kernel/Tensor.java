package io.internvl.core.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A float32 matrix outside the heap: activations, norm weights, biases.
 *
 * <p>Row-major. Rows start on 64-byte boundaries, {@link #stride} elements apart; the padding
 * between {@link #cols} and {@link #stride} is zero when allocated and carries no meaning. The
 * memory belongs to the arena it was allocated from. Not thread-safe: kernels write disjoint rows.
 */
public final class Tensor {
  /** Alignment of every row in bytes: one cache line, one 512-bit vector. */
  static final int ROW_ALIGNMENT = 64;

  private static final int ROW_UNIT = ROW_ALIGNMENT / Float.BYTES;

  private final MemorySegment segment; // (rows, stride)
  private final int rows;
  private final int cols;
  private final int stride;

  private Tensor(MemorySegment segment, int rows, int cols, int stride) {
    this.segment = segment;
    this.rows = rows;
    this.cols = cols;
    this.stride = stride;
  }

  /**
   * Allocates a zeroed matrix.
   *
   * @param arena owner of the memory
   * @param rows number of rows, at least 1
   * @param cols number of columns, at least 1
   * @return the matrix
   */
  public static Tensor allocate(Arena arena, int rows, int cols) {
    if (rows < 1 || cols < 1) {
      throw new IllegalArgumentException("tensor of " + rows + " x " + cols + " elements");
    }
    int stride = Math.ceilDiv(cols, ROW_UNIT) * ROW_UNIT;
    long bytes = (long) rows * stride * Float.BYTES;
    return new Tensor(arena.allocate(bytes, ROW_ALIGNMENT), rows, cols, stride);
  }

  /**
   * Copies an array into a one-row matrix.
   *
   * @param arena owner of the memory
   * @param values the row, at least one element
   * @return the matrix (1, values.length)
   */
  public static Tensor ofRow(Arena arena, float[] values) {
    Tensor tensor = allocate(arena, 1, values.length);
    MemorySegment.copy(values, 0, tensor.segment, ValueLayout.JAVA_FLOAT, 0, values.length);
    return tensor;
  }

  /**
   * Returns the memory.
   *
   * @return rows x stride floats in native byte order
   */
  public MemorySegment segment() {
    return segment;
  }

  /**
   * Returns the number of rows.
   *
   * @return at least 1
   */
  public int rows() {
    return rows;
  }

  /**
   * Returns the number of columns.
   *
   * @return at least 1
   */
  public int cols() {
    return cols;
  }

  /**
   * Returns the distance between rows.
   *
   * @return elements between the starts of two rows, a multiple of 16
   */
  public int stride() {
    return stride;
  }

  /**
   * Returns where a row starts.
   *
   * @param row index of the row
   * @return offset into {@link #segment} in bytes
   */
  public long rowOffset(int row) {
    return (long) row * stride * Float.BYTES;
  }

  /**
   * Returns a view of one row.
   *
   * @param row index of the row
   * @return the same memory as a matrix (1, cols)
   */
  public Tensor row(int row) {
    long bytes = (long) stride * Float.BYTES;
    return new Tensor(segment.asSlice(rowOffset(row), bytes), 1, cols, stride);
  }

  /**
   * Reads one element.
   *
   * @param row index of the row
   * @param col index of the column
   * @return the element
   */
  public float get(int row, int col) {
    return segment.get(ValueLayout.JAVA_FLOAT, rowOffset(row) + (long) col * Float.BYTES);
  }

  /**
   * Writes one element.
   *
   * @param row index of the row
   * @param col index of the column
   * @param value the element
   */
  public void set(int row, int col, float value) {
    segment.set(ValueLayout.JAVA_FLOAT, rowOffset(row) + (long) col * Float.BYTES, value);
  }

  /**
   * Copies a row to the heap.
   *
   * @param row index of the row
   * @param target receives {@link #cols} elements
   * @param targetOffset index of the first element in {@code target}
   */
  public void copyRowTo(int row, float[] target, int targetOffset) {
    MemorySegment.copy(segment, ValueLayout.JAVA_FLOAT, rowOffset(row), target, targetOffset, cols);
  }

  /**
   * Copies a row from the heap.
   *
   * @param row index of the row
   * @param source holds {@link #cols} elements from {@code sourceOffset} on
   * @param sourceOffset index of the first element in {@code source}
   */
  public void setRow(int row, float[] source, int sourceOffset) {
    MemorySegment.copy(source, sourceOffset, segment, ValueLayout.JAVA_FLOAT, rowOffset(row), cols);
  }

  /** Copies the first {@code count} elements of an array into a row, from a column on. */
  void setRange(int row, int col, float[] source, int count) {
    long offset = rowOffset(row) + (long) col * Float.BYTES;
    MemorySegment.copy(source, 0, segment, ValueLayout.JAVA_FLOAT, offset, count);
  }
}
