import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { gpuBytesOf } from './gpu-memory.js';

/** A gate step, a step of scale calibration, or a forward pass that measures perplexity. */
export type StepKind = 'gates' | 'scales' | 'perplexity';

/** One timed step of one contestant. */
export interface StepResult {
  readonly seconds: number;
  /** What the process's threads took of the processor, in sum: other programs lengthen this little. */
  readonly cpuSeconds: number;
  readonly loss: number;
  /** Most resident memory of the process so far. */
  readonly peakBytes: number;
  /** Memory of GPUs that the process holds after the step; 0 where it uses none. */
  readonly gpuBytes: number;
  /** Operations a second that it reached right after the step in matrix products alone; 0 where it does not say. */
  readonly matMulRate: number;
  /** dL/dz of each unit; empty where a step has no backward pass. */
  readonly gradients: Float32Array;
}

/** What a contestant says of itself. */
export interface Contestant {
  readonly engine: string;
  readonly device: 'cpu' | 'gpu';
}

/** A contestant's process ended, or said something that is no answer. */
export class ContestantError extends Error {
  override readonly name = 'ContestantError';
  readonly code = 'GRASP_CONTESTANT';
  constructor(
    message: string,
    readonly contestant: string,
  ) {
    super(message);
  }
}

const start = (command: string, args: readonly string[]) =>
  execa(command, args, {
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'pipe',
    reject: false,
    env: { PYTHONDONTWRITEBYTECODE: '1' }, // scripts import from their own folder
  });

/**
 * A process that runs steps one at a time on request: `{"step"}` on its standard input, `{"seconds", "cpu_seconds",
 * "loss", "peak_bytes"}` and perhaps `"matmul_rate"` on its standard output, gradients in a file. Each contestant has its own process, so that memory is
 * its own and nothing runs while the other is timed. Its first line is `{"engine", "device"}`, once it is ready.
 */
export class StepProcess {
  private readonly child: ReturnType<typeof start>;
  private readonly lines: AsyncIterator<string>;
  private device: Contestant['device'] = 'cpu';

  constructor(
    readonly name: string,
    command: string,
    args: readonly string[],
    private readonly gradientsFile: string,
  ) {
    this.child = start(command, args);
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  /** Waits until the model is loaded. */
  async ready(): Promise<Contestant> {
    const { engine, device } = await this.answer();
    this.device = device === 'gpu' ? 'gpu' : 'cpu';
    return { engine: String(engine), device: this.device };
  }

  async step(kind: StepKind): Promise<StepResult> {
    this.child.stdin.write(`${JSON.stringify({ step: kind })}\n`);
    const { seconds, cpu_seconds, loss, peak_bytes, matmul_rate = 0 } = await this.answer();
    const gradients = kind === 'perplexity' ? new Float32Array(0) : await this.gradients();
    return {
      seconds: Number(seconds),
      cpuSeconds: Number(cpu_seconds),
      loss: Number(loss),
      peakBytes: Number(peak_bytes),
      gpuBytes: this.device === 'gpu' ? await gpuBytesOf(this.child.pid) : 0,
      matMulRate: Number(matmul_rate),
      gradients,
    };
  }

  async close(): Promise<void> {
    this.child.stdin.end();
    await this.child;
  }

  private async gradients(): Promise<Float32Array> {
    const { buffer, byteOffset, byteLength } = await readFile(this.gradientsFile);
    return new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength));
  }

  private async answer(): Promise<Record<string, unknown>> {
    const { value, done } = await this.lines.next();
    if (!done && value.startsWith('{')) return JSON.parse(value) as Record<string, unknown>;
    const { stderr, shortMessage } = await this.child;
    const reason = stderr.trim().split('\n').slice(-5).join('\n') || shortMessage;
    throw new ContestantError(`${this.name} stopped before it answered:\n${reason}`, this.name);
  }
}
