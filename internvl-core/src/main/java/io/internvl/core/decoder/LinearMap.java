package io.internvl.core.decoder;

/** The linear maps of a language model that an adapter can change. */
enum LinearMap {
  /** Token embedding; belongs to no layer. */
  EMBEDDING,
  /** Logits; belongs to no layer. */
  LOGITS,
  QUERY,
  KEY,
  VALUE,
  ATTENTION_OUTPUT,
  /** Choice of experts. */
  ROUTER,
  /** Gate of the feed-forward part, or of one expert. */
  GATE,
  UP,
  DOWN;

  /** Layer number of the maps that belong to none. */
  static final int NO_LAYER = -1;
}
