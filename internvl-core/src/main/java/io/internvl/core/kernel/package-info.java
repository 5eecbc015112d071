/** The tensor operations of a forward pass: definitions in scalar code, and vector kernels. */
package io.internvl.core.kernel;
