package io.internvl.core.nn;

import io.internvl.core.kernel.Workers;
import io.internvl.core.quant.RowEncoding;
import io.internvl.gguf.GgufException;
import io.internvl.gguf.GgufFile;
import java.lang.foreign.MemorySegment;

/** Encodes rows of a file's tensors on several threads. Used by one thread at a time. */
public final class ParallelEncoder {
  private static final long BLOCK_ELEMENTS = 1L << 15; // of one block of the workers

  private final GgufFile file;
  private final Workers workers;
  private final float[][] buffers; // one for each worker

  /**
   * Creates an encoder.
   *
   * @param file owner of the tensors, for messages
   * @param workers lend their threads
   */
  public ParallelEncoder(GgufFile file, Workers workers) {
    this.file = file;
    this.workers = workers;
    buffers = new float[workers.threads()][0];
  }

  /**
   * Encodes consecutive rows.
   *
   * @param rows the tensor and its new type
   * @param firstRow index of the first row
   * @param count number of rows
   * @param target receives the rows
   * @param byteOffset where the first of them starts
   * @throws GgufException when a value cannot be encoded; names file, tensor, row and value
   */
  public void encode(
      RowEncoding rows, long firstRow, long count, MemorySegment target, long byteOffset) {
    long rowsPerBlock = Math.max(1, BLOCK_ELEMENTS / Math.max(1, rows.cols()));
    workers.run(
        (block, worker) -> {
          if (buffers[worker].length < rows.cols()) {
            buffers[worker] = new float[rows.cols()];
          }
          long from = block * rowsPerBlock;
          long size = Math.min(rowsPerBlock, count - from);
          long to = byteOffset + from * rows.encodedRowBytes();
          try {
            rows.encode(firstRow + from, size, buffers[worker], target, to);
          } catch (IllegalArgumentException e) {
            throw new GgufException(file.path() + ": " + e.getMessage(), e);
          }
        },
        Math.toIntExact(Math.ceilDiv(count, rowsPerBlock)));
  }
}
