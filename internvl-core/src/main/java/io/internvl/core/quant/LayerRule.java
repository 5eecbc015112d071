package io.internvl.core.quant;

import io.internvl.gguf.TensorType;

/** Chooses the type of one matrix role in dependence of the layer. */
@FunctionalInterface
interface LayerRule {
  /**
   * Chooses a type.
   *
   * @param layer index of the layer
   * @param layers number of layers of the model
   * @return the type
   */
  TensorType typeOf(int layer, int layers);

  /** The same type in every layer. */
  static LayerRule always(TensorType type) {
    return (layer, layers) -> type;
  }

  /** One type in the first {@code count} layers, another one in the rest. */
  static LayerRule first(int count, TensorType early, TensorType rest) {
    return (layer, layers) -> layer < count ? early : rest;
  }

  /** One type in the first {@code 1 / part} of the layers, another one in the rest. */
  static LayerRule firstPart(int part, TensorType early, TensorType rest) {
    return (layer, layers) -> layer < layers / part ? early : rest;
  }

  /** More bits in the first and last eighth of the layers and in every third between. */
  static LayerRule moreBits(TensorType more, TensorType rest) {
    return (layer, layers) ->
        layer < layers / 8 || layer >= 7 * layers / 8 || (layer - layers / 8) % 3 == 2
            ? more
            : rest;
  }
}
