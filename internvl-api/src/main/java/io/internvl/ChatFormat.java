package io.internvl;

/** Prompt formats of the family. By default the file says which one a model needs. */
public enum ChatFormat {
  /** InternVL 1.5 and 2 with Qwen2, Yi, Llama 3 or InternLM2. */
  INTERNVL_2,
  /** InternVL2.5 and InternVL3. */
  INTERNVL_2_5,
  /** InternVL3.5 with Qwen3: as InternVL3, without a default system message. */
  INTERNVL_3_5,
  /** InternVL2-4B and Mini-InternVL 1.5 with Phi-3. */
  PHI3,
  /** InternVL3.5-GPT-OSS. */
  GPT_OSS
}
