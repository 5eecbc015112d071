package io.internvl;

import io.internvl.core.nn.ParallelEncoder;
import io.internvl.core.quant.RowEncoding;
import io.internvl.gguf.GgufTensor;
import io.internvl.gguf.TensorSource;
import io.internvl.gguf.TensorType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/** Tensors that are encoded while they are written, a few megabytes at a time. */
final class EncodedTensors {
  private static final long CHUNK_ELEMENTS = 1L << 22;

  private final ParallelEncoder encoder;
  private final ProgressListener progress;
  private long total;
  private long done;

  EncodedTensors(ParallelEncoder encoder, ProgressListener progress) {
    this.encoder = encoder;
    this.progress = progress;
  }

  /** Announces a tensor and returns what will write it. */
  TensorSource source(GgufTensor tensor, TensorType type) {
    total += tensor.elements();
    RowEncoding rows = new RowEncoding(tensor, type);
    return out -> write(rows, tensor.rows(), out);
  }

  private void write(RowEncoding rows, long count, WritableByteChannel out) throws IOException {
    long rowsPerChunk = Math.clamp(CHUNK_ELEMENTS / rows.cols(), 1, count);
    byte[] chunk = new byte[Math.toIntExact(rowsPerChunk * rows.encodedRowBytes())];
    for (long first = 0; first < count; first += rowsPerChunk) {
      long size = Math.min(rowsPerChunk, count - first);
      encoder.encode(rows, first, size, MemorySegment.ofArray(chunk), 0);
      out.write(ByteBuffer.wrap(chunk, 0, (int) (size * rows.encodedRowBytes())));
      done += size * rows.cols();
      progress.update(ProgressListener.Stage.QUANTISE, done, total);
    }
  }
}
