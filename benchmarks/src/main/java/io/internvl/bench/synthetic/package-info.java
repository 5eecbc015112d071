/** Models of the real shapes with random weights, for measurements without downloads. */
package io.internvl.bench.synthetic;
