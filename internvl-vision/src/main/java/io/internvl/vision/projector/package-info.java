/** From vision features to language-model embeddings: pixel unshuffle and MLP. */
package io.internvl.vision.projector;
