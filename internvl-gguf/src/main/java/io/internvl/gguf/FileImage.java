package io.internvl.gguf;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The content of one file: header, then the tensors back to back. */
record FileImage(Map<String, GgufValue> metadata, List<PendingTensor> tensors) {

  static long alignment(Map<String, GgufValue> metadata) {
    GgufValue value = metadata.get(TensorLayout.ALIGNMENT_KEY);
    return value == null ? TensorLayout.DEFAULT_ALIGNMENT : (Long) value.value();
  }

  /** Writes beside the target first, so that a half-written file never has its name. */
  void writeTo(Path path) throws IOException {
    Path part = path.resolveSibling(path.getFileName() + ".part");
    boolean complete = false;
    try {
      try (GgufOutput out = new GgufOutput(part)) {
        write(out);
      }
      Files.move(part, path, StandardCopyOption.REPLACE_EXISTING);
      complete = true;
    } finally {
      if (!complete) {
        Files.deleteIfExists(part);
      }
    }
  }

  private void write(GgufOutput out) throws IOException {
    long alignment = alignment(metadata);
    out.write(ByteBuffer.wrap(HeaderEncoder.encode(metadata, placed(alignment))));
    for (PendingTensor tensor : tensors) {
      out.padTo(TensorLayout.padded(out.position(), alignment));
      long start = out.position();
      tensor.source().writeTo(out);
      long written = out.position() - start;
      if (written != tensor.bytes()) {
        throw new IllegalStateException(
            "the source of tensor '"
                + tensor.name()
                + "' wrote "
                + written
                + " bytes, expected "
                + tensor.bytes());
      }
    }
    out.padTo(TensorLayout.padded(out.position(), alignment));
  }

  private List<TensorInfo> placed(long alignment) {
    List<TensorInfo> infos = new ArrayList<>(tensors.size());
    long offset = 0;
    for (PendingTensor tensor : tensors) {
      infos.add(
          new TensorInfo(tensor.name(), tensor.type(), tensor.shape(), offset, tensor.bytes()));
      offset = Math.addExact(offset, TensorLayout.padded(tensor.bytes(), alignment));
    }
    return infos;
  }
}
