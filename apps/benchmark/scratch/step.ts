import { openCheckpoint } from '@grasp/checkpoint';
import { loadDecoder, type Runtime, eagerRuntime } from '@grasp/decoder';
import { openTensorFlow } from '@grasp/tensorflow';
import { readFileSync } from 'node:fs';
const tfx = await openTensorFlow();
console.log(tfx.info);
const mode = process.argv[2] ?? 'rec';
const dtype = (process.argv[3] ?? 'float32') as 'float32'|'bfloat16';
const T = Number(process.argv[4] ?? 512);
const runtime: Runtime = mode === 'eager' ? eagerRuntime : {
  record: (n, f) => tfx.record(n, f),
  matMul: (a, b, x = false, y = false) => tfx.matMul(a, b, x, y),
  ...(dtype==='bfloat16'?{bfloat16: { fromBits: (b, s) => tfx.bfloat16Tensor(b, s), toFloat32: (x) => tfx.isBfloat16(x)? tfx.fromBfloat16(x):x }}:{}),
};
let t0 = performance.now();
const cp = await openCheckpoint('/root/.cache/grasp/models/SmolLM2-135M-Instruct.Q4_1.gguf');
const dec = await loadDecoder(cp, { runtime, dtype });
console.log('load', ((performance.now() - t0) / 1000).toFixed(2), 's', dec.layout.size, dec.layout.totalCost);
let s = 12345; const rnd = () => (s = (s * 1103515245 + 12345) % 2147483648) / 2147483648;
const ids = Int32Array.from({ length: T }, () => Math.floor(rnd() * 49152));
const batch = { ids, shape: [1, T] as const };
const cpu=()=>{const u=process.cpuUsage();return (u.user+u.system)/1e6};let c0=0;const rss = () => (process.memoryUsage().rss / 1e9).toFixed(2) + " cpu " + (cpu()-c0).toFixed(2);
const hwm = () => readFileSync('/proc/self/status', 'utf8').match(/VmHWM:\s+(\d+)/)![1];
const gates = Float32Array.from({ length: dec.layout.size }, () => (rnd() < 0.5 ? 1 : 0));
for (let i = 0; i < 8; i++) {
  t0 = performance.now();c0=typeof cpu==="function"?cpu():0;
  const r = await dec.lossAndGateGradients(batch, gates);
  console.log('step', ((performance.now() - t0) / 1000).toFixed(3), r.loss.toFixed(5), r.gradients.reduce((a, b) => a + Math.abs(b), 0).toFixed(4), 'rss', rss(), hwm());
}
for (let i = 0; i < 3; i++) {
  t0 = performance.now();c0=typeof cpu==="function"?cpu():0;
  const r = await dec.lossAndGateGradients(batch, gates, {units:'kept'});
  console.log('kept', ((performance.now() - t0) / 1000).toFixed(3), r.loss.toFixed(5), r.gradients.reduce((a, b) => a + Math.abs(b), 0).toFixed(4), 'rss', rss(), hwm());
}
for (let i = 0; i < 3; i++) {
  t0 = performance.now();c0=typeof cpu==="function"?cpu():0;
  const r = await dec.negLogLikelihood(batch);
  console.log('dense nll', ((performance.now() - t0) / 1000).toFixed(3), r.length, 'rss', rss());
}
