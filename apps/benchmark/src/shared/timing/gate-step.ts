/** The process that runs our steps. See StepProcess for its protocol. */
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { openCheckpoint } from '@grasp/checkpoint';
import { matMulRates, openEngine, prunedView } from '@grasp/prune';
import { loadModel } from '../models/load-model.js';
import type { StepKind } from './step-process.js';
import { readBatch, stepsOf } from './steps-of.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    tokens: { type: 'string', default: '' },
    gates: { type: 'string', default: '' },
    gradients: { type: 'string', default: '' },
    rows: { type: 'string', default: '1' },
    threads: { type: 'string', default: '1' },
    dtype: { type: 'string', default: 'float32' },
    workers: { type: 'string' },
  },
});

const dtype = values.dtype === 'bfloat16' ? 'bfloat16' : 'float32';
const workers = values.workers?.split(',');
const engine = await openEngine({ backend: 'tensorflow', threads: Number(values.threads), workers });
const checkpoint = await openCheckpoint(positionals[0] ?? '');
const decoder = await loadModel(checkpoint, engine, dtype);
const input = readBatch({ tokens: values.tokens, gates: values.gates, rows: Number(values.rows) });
const pruned = () => loadModel(prunedView(checkpoint, Uint8Array.from(input.gates)), engine, dtype);
const steps = stepsOf(decoder, input, pruned);

const say = (answer: object) => process.stdout.write(`${JSON.stringify(answer)}\n`);
say({ engine: engine.description, device: engine.elsewhere && !workers ? 'gpu' : 'cpu' });
for await (const line of createInterface({ input: process.stdin })) {
  const { step } = JSON.parse(line) as { step: StepKind };
  const [start, used] = [performance.now(), process.cpuUsage()];
  const { loss, gradients } = await steps[step]();
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(used);
  const cpuSeconds = (user + system) / 1e6;
  const removed = step === 'scales';
  if (gradients)
    writeFileSync(
      values.gradients,
      removed ? gradients.map((g, i) => (input.gates[i] === 0 ? 0 : g)) : gradients,
    );
  // Measured after each step, because the speed of a machine varies over minutes.
  const { weights, float32 } = await matMulRates(engine, decoder.config, dtype);
  const peak = process.resourceUsage().maxRSS * 1024;
  say({
    ...{ seconds, cpu_seconds: cpuSeconds, loss, peak_bytes: peak },
    ...{ matmul_rate: weights, float32_rate: float32 },
  });
}
