/** Our side of the comparison, as a process of its own: see StepProcess for what it reads and writes. */
import { readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { openCheckpoint } from '@grasp/checkpoint';
import { loadDecoder } from '@grasp/decoder';
import { openEngine } from '@grasp/prune';

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

const engine = await openEngine({ backend: 'tensorflow', threads: Number(values.threads) });
const checkpoint = await openCheckpoint(positionals[0] ?? '');
const decoder = await loadDecoder(checkpoint, {
  runtime: engine.runtime,
  dtype: values.dtype === 'bfloat16' ? 'bfloat16' : 'float32',
});
await checkpoint.close();
const ids = words(values.tokens, Int32Array);
const gates = words(values.gates, Float32Array);
const rows = Number(values.rows);
const batch = { ids, shape: [rows, ids.length / rows] as const };

const say = (answer: object) => process.stdout.write(`${JSON.stringify(answer)}\n`);
say({ ready: true });
for await (const line of createInterface({ input: process.stdin })) {
  const { units } = JSON.parse(line) as { units: 'all' | 'kept' };
  const start = performance.now();
  const { loss, gradients } = await decoder.lossAndGateGradients(batch, gates, { units });
  const seconds = (performance.now() - start) / 1000;
  const kept = units === 'kept' ? gradients.map((g, i) => (gates[i] === 0 ? 0 : g)) : gradients;
  writeFileSync(values.gradients, kept);
  say({ seconds, loss, peak_bytes: process.resourceUsage().maxRSS * 1024 });
}
