/**
 * Tensor encodings: for every type the layout of a block and its scalar decoder, which is the
 * definition that faster decoders are tested against.
 */
package io.internvl.core.quant;
