/** The bench command: speed and memory of whole passes, beside the limits of the machine. */
package io.internvl.bench;
