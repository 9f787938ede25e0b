import { availableParallelism, freemem, totalmem } from 'node:os';
import { type Engine, matMulRate, openEngine } from '@grasp/prune';
import { openTensorFlow } from '@grasp/tensorflow';
import { execa } from 'execa';
import { openEngineFor } from '../../engine.js';
import type { Terminal } from '../../terminal.js';
import type { Findings } from './advice.js';

/** The shape that rates are measured with: that of a small model's FFN. */
const shape = { hiddenSize: 1024, layers: [{ channels: 4096, groups: 1 }] };

async function gpuNames(): Promise<string[]> {
  const { failed, stdout } = await execa('nvidia-smi', ['--query-gpu=name', '--format=csv,noheader'], {
    reject: false,
  });
  return failed ? [] : stdout.trim().split('\n');
}

/** Memory this process may use: a container's limit counts. */
function memory(): Pick<Findings, 'memoryBytes' | 'freeBytes'> {
  const total = totalmem();
  const limit = process.constrainedMemory();
  const memoryBytes = limit > 0 && limit < total ? limit : total;
  return { memoryBytes, freeBytes: Math.min(freemem(), memoryBytes - process.memoryUsage.rss()) };
}

async function tensorFlow(terminal: Terminal): Promise<{ found: Findings['tensorFlow']; engine: Engine }> {
  try {
    const engine = await openEngineFor(terminal, { backend: 'tensorflow' });
    const { build, library, bfloat16 } = (await openTensorFlow()).info;
    return { found: { description: engine.description, build, library, bfloat16 }, engine };
  } catch (error) {
    terminal.signal.throwIfAborted();
    return { found: { failure: (error as Error).message }, engine: await openEngine({ backend: 'wasm' }) };
  }
}

/** Starts the engine as a run would, and measures it. */
export async function findOut(terminal: Terminal): Promise<Findings> {
  const { found, engine } = await tensorFlow(terminal);
  return {
    cores: availableParallelism(),
    ...memory(),
    gpus: await gpuNames(),
    tensorFlow: found,
    rates: {
      float32: await matMulRate(engine, shape),
      bfloat16: engine.runtime.bfloat16 && (await matMulRate(engine, shape, 'bfloat16')),
    },
  };
}
