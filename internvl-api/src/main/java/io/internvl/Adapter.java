package io.internvl;

import io.internvl.core.decoder.LoraAdapter;
import java.nio.file.Path;

/**
 * A LoRA adapter of a model, loaded by {@link Model#loadAdapter} and applied to sessions by {@link
 * SessionOptions.Builder#adapter}. Immutable and thread-safe; lives as long as its model.
 *
 * {@snippet class="io.internvl.snippets.Snippets" region="adapter"}
 */
public final class Adapter {
  private final Model model;
  private final Path path;
  private final LoraAdapter lora;

  Adapter(Model model, Path path, LoraAdapter lora) {
    this.model = model;
    this.path = path;
    this.lora = lora;
  }

  /**
   * Returns the file it was loaded from.
   *
   * @return the path
   */
  public Path path() {
    return path;
  }

  /**
   * Returns how many linear maps it changes.
   *
   * @return maps; experts count separately
   */
  public int changedMaps() {
    return lora.changedMaps();
  }

  Model model() {
    return model;
  }

  LoraAdapter lora() {
    return lora;
  }
}
