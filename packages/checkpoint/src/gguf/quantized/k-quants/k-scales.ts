/**
 * Scales and minima of the eight sub-blocks of a Q4_K or Q5_K super-block: 6 bits each, in 12 bytes. Those of the first
 * four sub-blocks are in the low 6 bits of bytes 0 to 7. Those of the last four are in bytes 8 to 11 (low 4 bits) and in
 * the two high bits of bytes 0 to 7.
 */

/** The scale of sub-block `sub`, 0 to 63. `at` is the first of the 12 bytes. */
export function subScale(bytes: Uint8Array, at: number, sub: number): number {
  if (sub < 4) return bytes[at + sub]! & 63;
  return (bytes[at + sub + 4]! & 15) | ((bytes[at + sub - 4]! >> 6) << 4);
}

/** The minimum of sub-block `sub`, 0 to 63. */
export function subMin(bytes: Uint8Array, at: number, sub: number): number {
  if (sub < 4) return bytes[at + sub + 4]! & 63;
  return (bytes[at + sub + 4]! >> 4) | ((bytes[at + sub]! >> 6) << 4);
}
