import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { execa } from 'execa';

/** One timed gate step of one contestant. */
export interface StepResult {
  readonly seconds: number;
  readonly loss: number;
  /** Most resident memory of the process so far. */
  readonly peakBytes: number;
  readonly gradients: Float32Array;
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

type Units = 'all' | 'kept';

const start = (command: string, args: readonly string[]) =>
  execa(command, args, { stdin: 'pipe', stdout: 'pipe', stderr: 'pipe', reject: false });

/**
 * A process that runs gate steps one at a time on request: `{"units"}` on its standard input, `{"seconds",
 * "loss", "peak_bytes"}` on its standard output, gradients in a file. Each contestant has its own process, so
 * that memory is its own and nothing runs while the other is timed.
 */
export class StepProcess {
  private readonly child: ReturnType<typeof start>;
  private readonly lines: AsyncIterator<string>;

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
  async ready(): Promise<void> {
    await this.answer();
  }

  async step(units: Units): Promise<StepResult> {
    this.child.stdin.write(`${JSON.stringify({ units })}\n`);
    const { seconds, loss, peak_bytes: peakBytes } = await this.answer();
    const bytes = await readFile(this.gradientsFile);
    const gradients = new Float32Array(
      bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength),
    );
    return { seconds: Number(seconds), loss: Number(loss), peakBytes: Number(peakBytes), gradients };
  }

  async close(): Promise<void> {
    this.child.stdin.end();
    await this.child;
  }

  private async answer(): Promise<Record<string, unknown>> {
    const { value, done } = await this.lines.next();
    if (!done && value.startsWith('{')) return JSON.parse(value) as Record<string, unknown>;
    const { stderr, shortMessage } = await this.child;
    const reason = stderr.trim().split('\n').slice(-5).join('\n') || shortMessage;
    throw new ContestantError(`${this.name} stopped before it answered:\n${reason}`, this.name);
  }
}
