/** An option of a benchmark has a value that the benchmark cannot use. */
export class BenchOptionError extends Error {
  override readonly name = 'BenchOptionError';
  readonly code = 'GRASP_BENCH_OPTION';
  constructor(
    message: string,
    /** Name of the option. */
    readonly option: string,
  ) {
    super(message);
  }
}
