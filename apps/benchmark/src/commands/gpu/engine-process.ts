/** A process that opens TensorFlow once, and prints what it runs on and how fast it multiplies, as JSON. */
import { matMulRate, openEngine } from '@grasp/prune';

/** Large enough for the full speed of a GPU. */
const SHAPE = { hiddenSize: 4096, layers: [{ channels: 4096, kvHeads: 1 }] };

const engine = await openEngine({ backend: 'tensorflow' });
const { elsewhere } = engine;
const gpuBytes = typeof elsewhere === 'object' ? elsewhere.gpuBytes : 0;
const matMulRates = {
  float32: await matMulRate(engine, SHAPE),
  bfloat16: await matMulRate(engine, SHAPE, 'bfloat16'),
};
process.stdout.write(`${JSON.stringify({ engine: engine.description, gpuBytes, matMulRates })}\n`);
