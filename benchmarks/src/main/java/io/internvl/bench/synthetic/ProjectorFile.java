package io.internvl.bench.synthetic;

import io.internvl.gguf.GgufWriter;
import io.internvl.gguf.TensorType;
import java.io.IOException;
import java.nio.file.Path;

/** Lays out the metadata and tensors of an InternViT tower and its projector. */
final class ProjectorFile {
  private static final float DEVIATION = 0.02f;
  private static final float LAYER_SCALE = 0.1f;
  private static final float NORM_EPSILON = 1e-6f;
  private static final int SCALE_FACTOR = 2;
  private static final int CHANNELS = 3;

  private final VisionShape vision;
  private final int outputs;
  private final int layers;
  private final TensorType type;
  private final RandomTensors tensors;
  private final GgufWriter writer = GgufWriter.create();

  ProjectorFile(ModelShape shape, int layers, TensorType type, long seed) {
    this.vision = shape.vision();
    this.outputs = shape.hidden();
    this.layers = layers;
    this.type = type;
    this.tensors = new RandomTensors(writer, seed);
  }

  void writeTo(Path file) throws IOException {
    putHyperParameters();
    embeddings();
    for (int layer = 0; layer < layers; layer++) {
      layer("v.blk." + layer + ".");
    }
    projector();
    writer.writeTo(file);
  }

  private void putHyperParameters() {
    int fileType =
        switch (type) {
          case F32 -> 0;
          case F16 -> 1;
          case Q8_0 -> 7;
          case BF16 -> 32;
          default ->
              throw new IllegalArgumentException(
                  "mmproj type " + type + ", expected F32, F16, BF16 or Q8_0");
        };
    writer
        .put("general.architecture", "clip")
        .put("general.type", "mmproj")
        .put("general.name", "InternViT synthetic")
        .put("general.file_type", fileType)
        .put("general.quantization_version", 2)
        .put("clip.has_vision_encoder", true)
        .put("clip.projector_type", "internvl")
        .put("clip.vision.image_size", VisionShape.TILE_PIXELS)
        .put("clip.vision.patch_size", VisionShape.PATCH_PIXELS)
        .put("clip.vision.embedding_length", vision.hidden())
        .put("clip.vision.feed_forward_length", vision.feedForward())
        .put("clip.vision.block_count", layers)
        .put("clip.vision.attention.head_count", vision.heads())
        .put("clip.vision.attention.layer_norm_epsilon", NORM_EPSILON)
        .put("clip.vision.projection_dim", outputs)
        .put("clip.vision.image_mean", new float[] {0.485f, 0.456f, 0.406f})
        .put("clip.vision.image_std", new float[] {0.229f, 0.224f, 0.225f})
        .put("clip.use_gelu", true)
        .put("clip.vision.projector.scale_factor", SCALE_FACTOR)
        .put("clip.vision.preproc_min_tiles", 1)
        .put("clip.vision.preproc_max_tiles", 12);
  }

  private void embeddings() {
    int hidden = vision.hidden();
    int patch = VisionShape.PATCH_PIXELS;
    TensorType patchType = type == TensorType.F16 ? TensorType.F16 : TensorType.F32;
    tensors.vector("v.class_embd", hidden, DEVIATION);
    tensors.weights("v.patch_embd.weight", patchType, patch, patch, CHANNELS, hidden);
    tensors.vector("v.patch_embd.bias", hidden, DEVIATION);
    tensors.weights("v.position_embd.weight", TensorType.F32, hidden, VisionShape.POSITIONS);
  }

  private void layer(String prefix) {
    int hidden = vision.hidden();
    int feedForward = vision.feedForward();
    norm(prefix + "ln1");
    for (String part : new String[] {"attn_q", "attn_k", "attn_v"}) {
      tensors.weights(prefix + part + ".weight", type, hidden, hidden);
      if (!vision.rmsNorm()) {
        tensors.vector(prefix + part + ".bias", hidden, DEVIATION);
      }
    }
    if (vision.rmsNorm()) {
      tensors.norm(prefix + "attn_q_norm.weight", hidden);
      tensors.norm(prefix + "attn_k_norm.weight", hidden);
    }
    linear(prefix + "attn_out", hidden, hidden);
    tensors.constant(prefix + "ls1.weight", hidden, LAYER_SCALE);
    norm(prefix + "ln2");
    linear(prefix + "ffn_up", hidden, feedForward);
    linear(prefix + "ffn_down", feedForward, hidden);
    tensors.constant(prefix + "ls2.weight", hidden, LAYER_SCALE);
  }

  private void projector() {
    int width = vision.hidden() * SCALE_FACTOR * SCALE_FACTOR;
    tensors.norm("mm.model.mlp.0.weight", width);
    tensors.vector("mm.model.mlp.0.bias", width, DEVIATION);
    linear("mm.model.mlp.1", width, outputs);
    linear("mm.model.mlp.3", outputs, outputs);
  }

  private void norm(String name) {
    tensors.norm(name + ".weight", vision.hidden());
    if (!vision.rmsNorm()) {
      tensors.vector(name + ".bias", vision.hidden(), DEVIATION);
    }
  }

  private void linear(String name, int cols, int rows) {
    tensors.weights(name + ".weight", type, cols, rows);
    tensors.vector(name + ".bias", rows, DEVIATION);
  }
}
