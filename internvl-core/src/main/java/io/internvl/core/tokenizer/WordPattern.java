package io.internvl.core.tokenizer;

import io.internvl.gguf.GgufException;

/** How byte-level tokenizers cut text into words, and what else belongs to that choice. */
enum WordPattern {
  /** Qwen2 and Qwen3: single digits, NFC. */
  QWEN2(1, true, false),
  /** Llama 3: up to three digits. */
  LLAMA3(3, false, true),
  /** OpenAI's o200k, of gpt-oss: words also end where lower case is followed by upper case. */
  O200K(3, false, true);

  /** Most digits of a word. */
  final int digits;

  /** Whether text is brought to Unicode's normal form C first. */
  final boolean normalised;

  /** Whether a word that is a token becomes that token whatever the merges say. */
  final boolean wholeWords;

  WordPattern(int digits, boolean normalised, boolean wholeWords) {
    this.digits = digits;
    this.normalised = normalised;
    this.wholeWords = wholeWords;
  }

  /** Finds a pattern by the name that files give it. */
  static WordPattern of(String name) {
    return switch (name) {
      case "qwen2", "default" -> QWEN2;
      case "llama-bpe" -> LLAMA3;
      case "gpt-4o" -> O200K;
      default ->
          throw new GgufException(
              "key 'tokenizer.ggml.pre' is '"
                  + name
                  + "', supported are qwen2, default, llama-bpe, gpt-4o: the model cuts text into"
                  + " words in another way");
    };
  }
}
