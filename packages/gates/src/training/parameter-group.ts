/** Gates computed from scores, and the way back. */
export interface MappedGates {
  /** Units that are kept. */
  readonly mask: Uint8Array;
  /** The gate values the model sees. */
  readonly gates: Float32Array;
  /** Writes dL/ds for each unit to `out`, given dL/dz. */
  pullback(gateGradients: Float32Array, out: Float32Array): void;
}

/**
 * How scores become gate values: learning a mask, calibrating scales and any other method over the same loop differ
 * in this alone.
 */
export type GateMap = (scores: Float32Array, step: number) => MappedGates;
