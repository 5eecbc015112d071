/** JMH benchmarks, one class a question; each reports its share of the limit of the machine. */
package io.internvl.bench.kernel;
