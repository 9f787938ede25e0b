import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { MatMulRates } from '@grasp/prune';
import { execa } from 'execa';
import { gpuBytesOf } from './gpu-memory.js';

/** A gate step, a step of scale calibration, a healing step, or a forward pass that measures perplexity. */
export type StepKind = 'gates' | 'scales' | 'healing' | 'perplexity';

/** Kinds whose gradients of the units are compared. */
const WITH_GRADIENTS: readonly StepKind[] = ['gates', 'scales'];

/** One timed step of one contestant. */
export interface StepResult {
  readonly seconds: number;
  /** CPU time of all threads in sum. Other programs on the machine affect it little. */
  readonly cpuSeconds: number;
  readonly loss: number;
  /** Peak resident memory of the process so far. */
  readonly peakBytes: number;
  /** GPU memory of the process after the step. 0 without a GPU. */
  readonly gpuBytes: number;
  /** Measured right after the step. 0 if not measured. */
  readonly rates: MatMulRates;
  /** dL/dz of each unit. Empty if the step has none. */
  readonly gradients: Float32Array;
}

/** Description of a contestant. */
export interface Contestant {
  readonly engine: string;
  readonly device: 'cpu' | 'gpu';
}

/** The process of a contestant ended or gave an invalid answer, or two contestants disagree. */
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
    env: { PYTHONDONTWRITEBYTECODE: '1' }, // scripts import modules of their own folder
  });

/**
 * A process that runs one step per request. Each contestant has its own process, so that peak memory is its own and
 * nothing else runs while the other is timed.
 *
 * Protocol, one JSON object per line: the process first prints `{"engine", "device"}` when the model is loaded. For each
 * `{"step"}` on standard input it prints `{"seconds", "cpu_seconds", "loss", "peak_bytes"}`, optionally with
 * `"matmul_rate"`, and writes the gradients to a file as float32. Other lines are not for us: libraries print, too.
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
    const { seconds, cpu_seconds, loss, peak_bytes, matmul_rate = 0, float32_rate = 0 } = await this.answer();
    const gradients = WITH_GRADIENTS.includes(kind) ? await this.gradients() : new Float32Array(0);
    return {
      seconds: Number(seconds),
      cpuSeconds: Number(cpu_seconds),
      loss: Number(loss),
      peakBytes: Number(peak_bytes),
      gpuBytes: this.device === 'gpu' ? await gpuBytesOf(this.child.pid) : 0,
      rates: { weights: Number(matmul_rate), float32: Number(float32_rate) },
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
    for (;;) {
      const { value, done } = await this.lines.next();
      if (done) break;
      if (value.startsWith('{')) return JSON.parse(value) as Record<string, unknown>;
    }
    const { stderr, shortMessage } = await this.child;
    const reason = stderr.trim().split('\n').slice(-5).join('\n') || shortMessage;
    throw new ContestantError(`${this.name} ended before it answered:\n${reason}`, this.name);
  }
}
