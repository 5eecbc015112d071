package io.internvl.core.decoder;

import io.internvl.gguf.GgufException;
import io.internvl.gguf.GgufMetadata;
import java.util.Arrays;
import java.util.stream.Collectors;

/** The language-model architectures that can be run, by their GGUF name. */
public enum Architecture {
  /** InternVL3 1B to 78B except 9B. */
  QWEN2("qwen2", false),
  /** InternVL3.5 dense models. */
  QWEN3("qwen3", false),
  /** InternVL3.5 30B-A3B and 241B-A28B. */
  QWEN3_MOE("qwen3moe", false),
  /** InternVL3-9B (InternLM3 in its GGUF form). */
  LLAMA("llama", true),
  /** InternVL2 and 2.5 with InternLM2. */
  INTERNLM2("internlm2", true),
  /** InternVL2-4B. */
  PHI3("phi3", false),
  /** InternVL3.5-GPT-OSS. */
  GPT_OSS("gpt-oss", false);

  private final String ggufName;
  private final boolean interleavedRope;

  Architecture(String ggufName, boolean interleavedRope) {
    this.ggufName = ggufName;
    this.interleavedRope = interleavedRope;
  }

  static Architecture of(GgufMetadata metadata) {
    String name = metadata.string("general.architecture");
    for (Architecture architecture : values()) {
      if (architecture.ggufName.equals(name)) {
        return architecture;
      }
    }
    String known =
        Arrays.stream(values()).map(Architecture::ggufName).collect(Collectors.joining(", "));
    String hint =
        name.equals("clip") ? "; this is a vision file (mmproj), pass the language model" : "";
    throw new GgufException(
        "general.architecture is '" + name + "', supported are " + known + hint);
  }

  /**
   * Returns the value of {@code general.architecture}.
   *
   * @return name in files, also the prefix of the metadata keys
   */
  public String ggufName() {
    return ggufName;
  }

  /** Whether query, key and value maps have biases. */
  boolean attentionBias() {
    return this == QWEN2 || this == GPT_OSS;
  }

  /** Whether each head of queries and keys is normalised. */
  boolean normalisedHeads() {
    return this == QWEN3 || this == QWEN3_MOE;
  }

  /** Whether rotary pairs are neighbours (2i, 2i+1) rather than halves. */
  boolean interleavedRope() {
    return interleavedRope;
  }
}
