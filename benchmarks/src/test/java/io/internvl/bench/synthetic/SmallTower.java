package io.internvl.bench.synthetic;

import io.internvl.gguf.GgufWriter;
import io.internvl.gguf.TensorType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/** Writes random vision files of both styles, small but wide enough for blocks of 256. */
final class SmallTower {
  static final int TILE_PIXELS = 56;

  private static final int HIDDEN = 256;
  private static final int INNER = 512;
  private static final int OUTPUTS = 256;
  private static final int LAYERS = 2;
  private static final float DEVIATION = 0.02f;

  private final GgufWriter writer = GgufWriter.create();
  private final RandomTensors tensors;
  private final VisionShape style;
  private final TensorType type;

  private SmallTower(VisionShape style, TensorType type, Map<TensorType, BlockPool> pools) {
    tensors = new RandomTensors(writer, 1, pools);
    this.style = style;
    this.type = type;
  }

  /** Writes a vision file all of whose matrices are of one type, except the patch embedding. */
  static void write(VisionShape style, TensorType type, Map<TensorType, BlockPool> pools, Path path)
      throws IOException {
    SmallTower tower = new SmallTower(style, type, pools);
    tower.keys();
    tower.tensors.vector("v.class_embd", HIDDEN, DEVIATION);
    tower.tensors.weights("v.patch_embd.weight", TensorType.F32, 14, 14, 3, HIDDEN);
    tower.tensors.vector("v.patch_embd.bias", HIDDEN, DEVIATION);
    tower.tensors.weights("v.position_embd.weight", TensorType.F32, HIDDEN, 17);
    for (int layer = 0; layer < LAYERS; layer++) {
      tower.layer("v.blk." + layer + ".");
    }
    tower.tensors.norm("mm.model.mlp.0.weight", 4 * HIDDEN);
    tower.tensors.vector("mm.model.mlp.0.bias", 4 * HIDDEN, DEVIATION);
    tower.linear("mm.model.mlp.1", 4 * HIDDEN, OUTPUTS);
    tower.linear("mm.model.mlp.3", OUTPUTS, OUTPUTS);
    tower.writer.writeTo(path);
  }

  private void keys() {
    writer
        .put("general.architecture", "clip")
        .put("clip.has_vision_encoder", true)
        .put("clip.projector_type", "internvl")
        .put("clip.use_gelu", true)
        .put("clip.vision.image_size", TILE_PIXELS)
        .put("clip.vision.patch_size", 14)
        .put("clip.vision.embedding_length", HIDDEN)
        .put("clip.vision.feed_forward_length", INNER)
        .put("clip.vision.block_count", LAYERS)
        .put("clip.vision.attention.head_count", 4)
        .put("clip.vision.projection_dim", OUTPUTS)
        .put("clip.vision.image_mean", new float[] {0.5f, 0.5f, 0.5f})
        .put("clip.vision.image_std", new float[] {0.5f, 0.5f, 0.5f});
  }

  private void layer(String block) {
    norm(block + "ln1");
    for (String part : new String[] {"attn_q", "attn_k", "attn_v"}) {
      tensors.weights(block + part + ".weight", type, HIDDEN, HIDDEN);
      if (!style.rmsNorm()) {
        tensors.vector(block + part + ".bias", HIDDEN, DEVIATION);
      }
    }
    if (style.rmsNorm()) {
      tensors.norm(block + "attn_q_norm.weight", HIDDEN);
      tensors.norm(block + "attn_k_norm.weight", HIDDEN);
    }
    linear(block + "attn_out", HIDDEN, HIDDEN);
    tensors.constant(block + "ls1.weight", HIDDEN, 0.5f);
    norm(block + "ln2");
    linear(block + "ffn_up", HIDDEN, INNER);
    linear(block + "ffn_down", INNER, HIDDEN);
    tensors.constant(block + "ls2.weight", HIDDEN, 0.5f);
  }

  private void norm(String name) {
    tensors.norm(name + ".weight", HIDDEN);
    if (!style.rmsNorm()) {
      tensors.vector(name + ".bias", HIDDEN, DEVIATION);
    }
  }

  private void linear(String name, int cols, int rows) {
    tensors.weights(name + ".weight", type, cols, rows);
    tensors.vector(name + ".bias", rows, DEVIATION);
  }
}
