/** From a model folder or GGUF file, pruned or not, to what stock runtimes load. */
import { openCheckpoint, writeCheckpoint } from '@grasp/checkpoint';
import { forTransformers, writeGguf } from '@grasp/export';

export async function exportModel(model: string, out: string): Promise<void> {
  const checkpoint = await openCheckpoint(model);
  try {
    // A folder for transformers, with a modelling file where layers differ in width.
    await writeCheckpoint(forTransformers(checkpoint), `${out}/transformers`);
    // A file for llama.cpp, Ollama, LM Studio.
    await writeGguf(checkpoint, `${out}/model.gguf`, {
      type: 'q8_0',
      name: 'A smaller model',
      onTensor: ({ name, done, total }) => void [name, done, total],
    });
  } finally {
    await checkpoint.close();
  }
}
