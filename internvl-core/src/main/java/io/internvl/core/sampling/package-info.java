/** From logits to a token id. */
package io.internvl.core.sampling;
