/**
 * Tensor encodings: for every type the layout of a block and its scalar decoder, which is the
 * definition that faster decoders are tested against; for the common types an encoder too; and
 * which types a model's tensors get when it is quantised.
 */
package io.internvl.core.quant;
