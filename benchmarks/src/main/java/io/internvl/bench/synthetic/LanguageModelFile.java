package io.internvl.bench.synthetic;

import io.internvl.core.quant.MatrixRole;
import io.internvl.core.quant.TypeMix;
import io.internvl.gguf.GgufWriter;
import io.internvl.gguf.TensorType;

/** Lays out the metadata and tensors of a dense language model. */
final class LanguageModelFile {
  private static final float BIAS_DEVIATION = 0.02f;
  private static final int CONTEXT = 32_768;
  private static final String CHAT_TEMPLATE =
      "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + message['content']"
          + " + '<|im_end|>' + '\\n'}}{% endfor %}{% if add_generation_prompt %}"
          + "{{ '<|im_start|>assistant\\n' }}{% endif %}";

  private final ModelShape shape;
  private final int layers;
  private final TypeMix mix;
  private final RandomTensors tensors;
  private final GgufWriter writer = GgufWriter.create();

  LanguageModelFile(ModelShape shape, int layers, TypeMix mix, long seed) {
    this.shape = shape;
    this.layers = layers;
    this.mix = mix;
    this.tensors = new RandomTensors(writer, seed);
  }

  /** Lays the whole file out; tensor data is made while it is written. */
  GgufWriter writer() {
    putHyperParameters();
    putVocabulary();
    matrix(MatrixRole.TOKEN_EMBD, 0, shape.hidden(), shape.vocabulary());
    for (int layer = 0; layer < layers; layer++) {
      layer(layer);
    }
    tensors.norm("output_norm.weight", shape.hidden());
    matrix(MatrixRole.OUTPUT, 0, shape.hidden(), shape.vocabulary());
    return writer;
  }

  private void putHyperParameters() {
    String prefix = shape.architecture() + ".";
    writer
        .put("general.architecture", shape.architecture())
        .put("general.type", "model")
        .put("general.name", "InternVL3 " + shape.label() + " synthetic")
        .put("general.size_label", shape.label())
        .put("general.file_type", mix.fileType())
        .put("general.quantization_version", 2)
        .put(prefix + "block_count", layers)
        .put(prefix + "context_length", CONTEXT)
        .put(prefix + "embedding_length", shape.hidden())
        .put(prefix + "feed_forward_length", shape.feedForward())
        .put(prefix + "attention.head_count", shape.heads())
        .put(prefix + "attention.head_count_kv", shape.kvHeads())
        .put(prefix + "attention.layer_norm_rms_epsilon", shape.rmsEpsilon())
        .put(prefix + "rope.freq_base", shape.ropeBase())
        .put(prefix + "rope.dimension_count", shape.headDim())
        .put(prefix + "vocab_size", shape.vocabulary());
  }

  private void putVocabulary() {
    boolean byteLevel = shape.attentionBias();
    Vocabulary vocabulary =
        byteLevel
            ? Vocabulary.byteLevel(shape.vocabulary())
            : Vocabulary.sentencePiece(shape.vocabulary());
    writer
        .put("tokenizer.ggml.model", byteLevel ? "gpt2" : "llama")
        .put("tokenizer.ggml.pre", byteLevel ? "qwen2" : "default")
        .put("tokenizer.ggml.tokens", vocabulary.tokens())
        .put("tokenizer.ggml.token_type", vocabulary.kinds());
    if (byteLevel) {
      writer.put("tokenizer.ggml.merges", vocabulary.merges());
    } else {
      writer.put("tokenizer.ggml.scores", vocabulary.scores());
      writer.put("tokenizer.ggml.add_space_prefix", false);
    }
    writer
        .put("tokenizer.ggml.bos_token_id", vocabulary.idOf(byteLevel ? "<|endoftext|>" : "<s>"))
        .put("tokenizer.ggml.eos_token_id", vocabulary.idOf("<|im_end|>"))
        .put(
            "tokenizer.ggml.padding_token_id",
            vocabulary.idOf(byteLevel ? "<|endoftext|>" : "</s>"))
        .put("tokenizer.ggml.add_bos_token", !byteLevel)
        .put("tokenizer.chat_template", CHAT_TEMPLATE);
  }

  private void layer(int layer) {
    int hidden = shape.hidden();
    int queries = shape.heads() * shape.headDim();
    int keys = shape.kvHeads() * shape.headDim();
    String prefix = "blk." + layer + ".";
    tensors.norm(prefix + "attn_norm.weight", hidden);
    matrix(MatrixRole.ATTN_Q, layer, hidden, queries);
    matrix(MatrixRole.ATTN_K, layer, hidden, keys);
    matrix(MatrixRole.ATTN_V, layer, hidden, keys);
    if (shape.attentionBias()) {
      tensors.vector(prefix + "attn_q.bias", queries, BIAS_DEVIATION);
      tensors.vector(prefix + "attn_k.bias", keys, BIAS_DEVIATION);
      tensors.vector(prefix + "attn_v.bias", keys, BIAS_DEVIATION);
    }
    matrix(MatrixRole.ATTN_OUTPUT, layer, queries, hidden);
    tensors.norm(prefix + "ffn_norm.weight", hidden);
    matrix(MatrixRole.FFN_GATE, layer, hidden, shape.feedForward());
    matrix(MatrixRole.FFN_UP, layer, hidden, shape.feedForward());
    matrix(MatrixRole.FFN_DOWN, layer, shape.feedForward(), hidden);
  }

  private void matrix(MatrixRole role, int layer, int cols, int rows) {
    TensorType type = mix.typeOf(role, layer, layers, cols);
    tensors.weights(role.tensorName(layer), type, cols, rows);
  }
}
