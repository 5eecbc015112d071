package io.internvl.core.decoder;

/**
 * An adapter and how strongly it is applied.
 *
 * @param adapter the adapter
 * @param scale factor of its changes: 1 as trained, 0 not at all
 */
public record ScaledAdapter(LoraAdapter adapter, float scale) {}
