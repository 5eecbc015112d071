/**
 * The language model: one decoder-only transformer whose variants (Qwen2, Qwen3, Llama, InternLM2,
 * Phi-3, gpt-oss; dense or mixture of experts) follow from the file's metadata.
 */
package io.internvl.core.decoder;
