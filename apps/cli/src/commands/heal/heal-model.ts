import { join, resolve } from 'node:path';
import { decoderLayout } from '@grasp/decoder';
import { replaceFile } from '@grasp/files';
import {
  assertHealFits,
  type Engine,
  type HealRecord,
  type HealSettings,
  heal,
  healIdentity,
  healStateFile,
} from '@grasp/prune';
import { HEAL_REPORT, healReport } from '@grasp/report';
import { withModel } from '../../shared/model.js';
import { withOutputFolder } from '../../shared/output-folder.js';
import { watch } from '../../shared/progress/watch.js';
import type { Terminal } from '../../shared/terminal.js';
import { showTextWarnings } from '../../shared/texts.js';
import { prunedFiles } from './pruned-files.js';
import { readHealTexts, type TextFlags } from './read-heal-texts.js';
import { assertSameTokenizer } from './same-tokenizer.js';

export interface HealingOptions {
  /** Path or name of the teacher. */
  readonly teacher: string;
  readonly out: string;
  readonly texts: TextFlags;
  readonly settings: HealSettings;
  readonly openEngine: () => Promise<Engine>;
  readonly memoryCheck: boolean;
  readonly overwrite?: boolean | undefined;
  readonly restart?: boolean | undefined;
  readonly quiet?: boolean | undefined;
}

/** Heals a pruned model into a folder, resuming from the state beside it if there is one. */
export async function healModel(
  path: string,
  { teacher: ofTeacher, out, texts: given, settings, openEngine, ...flags }: HealingOptions,
  terminal: Terminal,
): Promise<HealRecord> {
  const { quiet, overwrite = false, restart = false } = flags;
  return withModel(path, { terminal, quiet }, (pruned) =>
    withModel(ofTeacher, { terminal, quiet }, async (teacher) => {
      await assertSameTokenizer(pruned, teacher);
      const statePath = `${resolve(out)}.state`;
      const { record, stateFile } = await withOutputFolder(out, { overwrite }, async (folder) => {
        const { texts, evaluation } = await readHealTexts(given, settings, pruned);
        showTextWarnings([texts.training], terminal);
        const engine = await openEngine();
        if (flags.memoryCheck) {
          const configs = { pruned: pruned.config, teacher: teacher.config };
          assertHealFits(configs, settings, engine, given.prefix ? { prefix: given.prefix } : {});
        }
        const models = { pruned: pruned.checkpoint, teacher: teacher.checkpoint };
        const identity = await healIdentity({ ...models, engine, settings, texts });
        const stateFile = healStateFile(statePath, identity, { restart });
        const job = {
          ...{ ...models, engine, settings, texts, evaluation, folder, stateFile },
          ...(await prunedFiles(pruned.path)),
        };
        const layout = decoderLayout(pruned.config);
        const record = await watch(heal(job), terminal, { layout, quiet });
        await replaceFile(join(folder, HEAL_REPORT), healReport(record));
        return { record, stateFile };
      });
      await stateFile.remove(); // not before the folder has its name
      return record;
    }),
  );
}
