/** One runnable program a feature. */
package io.internvl.examples;
