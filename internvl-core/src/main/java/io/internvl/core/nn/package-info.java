/** Building blocks shared by the language model and the vision tower. */
package io.internvl.core.nn;
