/** There is no GPU build of TensorFlow, or the benchmark cannot run as asked. */
export class GpuBenchmarkError extends Error {
  override readonly name = 'GpuBenchmarkError';
  readonly code = 'GRASP_GPU_BENCHMARK';
}
