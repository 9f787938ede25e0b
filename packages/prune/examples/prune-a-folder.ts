/** Prunes a model to half of its prunable parameters and writes it to a folder. */
import { textFile, tokenBlocks } from '@grasp/calib-data';
import { openCheckpoint } from '@grasp/checkpoint';
import { claimOutputFolder } from '@grasp/files';
import { openEngine, parseSettings, prune } from '@grasp/prune';
import { loadTokenizer } from '@grasp/tokenizer';

export async function pruneFolder(model: string, text: string, out: string): Promise<void> {
  const checkpoint = await openCheckpoint(model);
  const tokenizer = await loadTokenizer(checkpoint);
  const settings = parseSettings({
    budget: { keep: 0.5 },
    gates: { epochs: 2 },
    text: { length: 64 },
  });
  const output = await claimOutputFolder(out);
  const run = prune({
    checkpoint,
    engine: await openEngine(),
    settings,
    gateBlocks: await tokenBlocks(textFile(text), tokenizer, { length: settings.text.length }),
    folder: output.work,
  });
  try {
    for await (const event of run) {
      if (event.stage === 'gates') process.stdout.write(`${event.step}/${event.steps}: loss ${event.loss}\n`);
    }
    await output.commit();
  } catch (error) {
    await output.discard();
    throw error;
  } finally {
    await checkpoint.close();
  }
}
