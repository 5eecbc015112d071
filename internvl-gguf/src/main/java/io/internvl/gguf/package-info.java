/**
 * GGUF model files: a memory-mapped reader with typed metadata and copy-free tensor views, and a
 * writer.
 */
package io.internvl.gguf;
