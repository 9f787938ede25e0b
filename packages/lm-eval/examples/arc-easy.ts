import { openCheckpoint } from '@grasp/checkpoint';
import { type HarnessTask, openHarness, runHarness, withTransformersFolder } from '@grasp/lm-eval';

export async function arcEasy(path: string): Promise<HarnessTask[]> {
  const harness = await openHarness({ onProgress: (line) => process.stderr.write(`${line}\n`) });
  const checkpoint = await openCheckpoint(path);
  return withTransformersFolder(path, checkpoint, async (model, trustRemoteCode) => {
    const run = runHarness(harness, { model, trustRemoteCode, tasks: ['arc_easy'], limit: 100 });
    for (;;) {
      const { done, value } = await run.next();
      if (done) return value; // [{ task, metrics: { acc, acc_norm, … }, samples: [{ logLikelihoods, … }, …] }]
      process.stderr.write(`${JSON.stringify(value)}\n`); // {"stage":"scoring","done":48,"total":400}
    }
  });
}
