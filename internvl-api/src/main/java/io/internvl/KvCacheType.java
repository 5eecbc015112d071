package io.internvl;

/** Element format of cached keys and values. */
public enum KvCacheType {
  /** Half precision; half the memory. */
  F16,
  /** Single precision. */
  F32
}
