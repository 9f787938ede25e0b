/** The memory that limits a run: the process's, or its GPU's. */
export type MemoryOwner = 'process' | 'gpu';

/** A run would need more memory than it may use. */
export class MemoryError extends Error {
  override readonly name = 'MemoryError';
  readonly code = 'GRASP_ENGINE_MEMORY';
  constructor(
    readonly neededBytes: number,
    readonly usableBytes: number,
    /** Options that make the run fit, each on its own. */
    readonly remedies: readonly string[],
    readonly of: MemoryOwner = 'process',
  ) {
    super(
      `The run would need about ${gibibytes(neededBytes)} of ${of === 'gpu' ? "the GPU's memory" : 'memory'} ` +
        `and may use ${gibibytes(usableBytes)}. ` +
        (remedies.length > 0
          ? `It would fit with ${remedies.join(', or ')}.`
          : 'No option makes it fit. Use a larger machine or a smaller model.'),
    );
  }
}

function gibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}
