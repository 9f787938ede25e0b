/** An option of a benchmark that cannot be met. */
export class BenchOptionError extends Error {
  override readonly name = 'BenchOptionError';
  readonly code = 'GRASP_BENCH_OPTION';
  constructor(
    message: string,
    readonly option: string,
  ) {
    super(message);
  }
}
