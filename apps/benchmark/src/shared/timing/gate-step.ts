/** The process that runs our steps. See StepProcess for its protocol. */
import { readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { openCheckpoint } from '@grasp/checkpoint';
import { matMulRate, openEngine } from '@grasp/prune';
import { loadModel } from '../models/load-model.js';
import type { StepKind } from './step-process.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    tokens: { type: 'string', default: '' },
    gates: { type: 'string', default: '' },
    gradients: { type: 'string', default: '' },
    rows: { type: 'string', default: '1' },
    threads: { type: 'string', default: '1' },
    dtype: { type: 'string', default: 'float32' },
  },
});

function words<A>(path: string, view: new (buffer: ArrayBuffer) => A): A {
  const bytes = readFileSync(path);
  return new view(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer);
}

const dtype = values.dtype === 'bfloat16' ? 'bfloat16' : 'float32';
const engine = await openEngine({ backend: 'tensorflow', threads: Number(values.threads) });
const checkpoint = await openCheckpoint(positionals[0] ?? '');
const decoder = await loadModel(checkpoint, engine, dtype);
await checkpoint.close();
const ids = words(values.tokens, Int32Array);
const gates = words(values.gates, Float32Array);
const rows = Number(values.rows);
const batch = { ids, shape: [rows, ids.length / rows] as const };

/** The steps by kind. Gradients are written to their file afterwards. */
const steps: Record<StepKind, () => Promise<{ loss: number; gradients?: Float32Array }>> = {
  gates: () => decoder.lossAndGateGradients(batch, gates, { units: 'all' }),
  scales: () => decoder.lossAndGateGradients(batch, gates, { units: 'kept' }),
  perplexity: async () => {
    const nll = await decoder.negLogLikelihood(batch);
    return { loss: nll.reduce((sum, x) => sum + x, 0) / nll.length };
  },
};

const say = (answer: object) => process.stdout.write(`${JSON.stringify(answer)}\n`);
say({ engine: engine.description, device: engine.elsewhere ? 'gpu' : 'cpu' });
for await (const line of createInterface({ input: process.stdin })) {
  const { step } = JSON.parse(line) as { step: StepKind };
  const [start, used] = [performance.now(), process.cpuUsage()];
  const { loss, gradients } = await steps[step]();
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(used);
  const cpuSeconds = (user + system) / 1e6;
  const removed = step === 'scales';
  if (gradients)
    writeFileSync(values.gradients, removed ? gradients.map((g, i) => (gates[i] === 0 ? 0 : g)) : gradients);
  // Measured after each step, because the speed of a machine varies over minutes.
  const rate = await matMulRate(engine, decoder.config, dtype);
  const peak = process.resourceUsage().maxRSS * 1024;
  say({ seconds, cpu_seconds: cpuSeconds, loss, peak_bytes: peak, matmul_rate: rate });
}
