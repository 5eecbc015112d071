/** Text to token ids and back. */
package io.internvl.core.tokenizer;
