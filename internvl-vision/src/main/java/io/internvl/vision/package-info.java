/** Images to language-model embeddings. */
package io.internvl.vision;
