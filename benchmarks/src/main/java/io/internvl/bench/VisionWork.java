package io.internvl.bench;

import io.internvl.gguf.GgufFile;
import io.internvl.gguf.GgufMetadata;
import io.internvl.gguf.GgufTensor;

/**
 * How much arithmetic a tile needs.
 *
 * @param tileFlops float operations of one tile through tower and projector
 */
record VisionWork(double tileFlops) {
  /** Reads the sizes from an mmproj file. */
  static VisionWork of(GgufFile file) {
    GgufMetadata metadata = file.metadata();
    int side = metadata.int32("clip.vision.image_size") / metadata.int32("clip.vision.patch_size");
    int patches = side * side;
    int tokens = patches + 1;
    int scale = metadata.int32("clip.vision.projector.scale_factor", 2);
    int merged = patches / (scale * scale);
    int hidden = metadata.int32("clip.vision.embedding_length");
    double flops =
        4.0 * metadata.int32("clip.vision.block_count") * tokens * (double) tokens * hidden;
    for (GgufTensor tensor : file.tensors()) {
      if (tensor.shape().size() >= 2) {
        flops += 2.0 * tensor.elements() * rows(tensor.name(), patches, merged);
      }
    }
    return new VisionWork(flops);
  }

  /** How often each weight of a tensor is used for one tile. */
  private static int rows(String name, int patches, int merged) {
    if (name.startsWith("v.blk.")) {
      return patches + 1;
    }
    if (name.startsWith("mm.")) {
      return merged;
    }
    return name.startsWith("v.patch_embd") ? patches : 0;
  }
}
