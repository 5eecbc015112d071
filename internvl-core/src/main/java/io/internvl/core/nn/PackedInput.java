package io.internvl.core.nn;

import io.internvl.core.kernel.WeightMatrix;
import io.internvl.gguf.GgufFile;
import io.internvl.gguf.GgufTensor;
import io.internvl.gguf.TensorReader;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/** Reads the weights that are to be packed: from their file past its mapping, or from memory. */
final class PackedInput implements AutoCloseable {
  private final GgufFile file;
  private final TensorReader reader;

  PackedInput(GgufFile file) throws IOException {
    this.file = file;
    reader = file.newReader();
  }

  /** Reads consecutive bytes of a matrix, as many as the target has. Thread-safe. */
  void read(WeightMatrix weight, long offset, MemorySegment target) throws IOException {
    Optional<GgufTensor> stored =
        file.find(weight.name())
            .filter(tensor -> tensor.data().address() == weight.data().address());
    if (stored.isPresent()) {
      reader.read(stored.get(), offset, target);
    } else { // encoded anew
      target.copyFrom(weight.data().asSlice(offset, target.byteSize()));
    }
  }

  @Override
  public void close() throws IOException {
    reader.close();
  }
}
