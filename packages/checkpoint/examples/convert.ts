/** Any model, a GGUF file or a folder, as a Hugging Face folder in bfloat16 without its last layers. */
import { type Checkpoint, openCheckpoint, withFiniteWeights, writeCheckpoint } from '@grasp/checkpoint';

/** A view: what it leaves out is never read, and nothing is copied. */
function firstLayers(checkpoint: Checkpoint, count: number): Checkpoint {
  const layer = (name: string) => Number(/^model\.layers\.(\d+)\./.exec(name)?.[1] ?? 0);
  return {
    ...checkpoint,
    config: { ...checkpoint.config, num_hidden_layers: count },
    tensors: new Map([...checkpoint.tensors].filter(([name]) => layer(name) < count)),
  };
}

export async function shorten(model: string, layers: number, out: string): Promise<void> {
  const checkpoint = withFiniteWeights(await openCheckpoint(model));
  try {
    await writeCheckpoint(firstLayers(checkpoint, layers), out, { dtype: 'BF16', shardBytes: 2e9 });
  } finally {
    await checkpoint.close();
  }
}
