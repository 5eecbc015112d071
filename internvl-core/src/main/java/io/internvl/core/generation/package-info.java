/** From prompt to answer: prefill, decode loop, stop conditions. */
package io.internvl.core.generation;
