import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { decoderLayout } from '@grasp/decoder';
import { replaceFile } from '@grasp/files';
import {
  assertHealFits,
  checkHealState,
  type Engine,
  fittingHealSettings,
  type HealConfigs,
  type HealRecord,
  type HealSettings,
  heal,
  healIdentity,
  healStateFile,
  openTeacherCache,
  savedHealIdentity,
} from '@grasp/prune';
import { HEAL_REPORT, healReport } from '@grasp/report';
import { assertApart } from '../output-apart.js';
import { withOutputFolder } from '../output-folder.js';
import { watch } from '../progress/watch.js';
import { inHealFlags } from '../run/in-flags.js';
import type { Terminal } from '../terminal.js';
import { refuseFolder, showShorterWindows, showTextWarnings, warnOfMeasuredText } from '../texts.js';
import { withHealModels } from './heal-models.js';
import { harmWarning } from './heal-summary.js';
import { prunedFiles } from './pruned-files.js';
import { readHealTexts, type TextFlags } from './read-heal-texts.js';

export interface HealingOptions {
  /** Of the pruned model, in the record. Default: its path. */
  readonly name?: string;
  /** Path or name of the teacher. */
  readonly teacher: string;
  readonly out: string;
  readonly texts: TextFlags;
  readonly settings: HealSettings;
  /** Whether to train LoRA if training all weights does not fit into memory. */
  readonly mayUseLora: boolean;
  /** Whether to train in float32 if the engine has no bfloat16. */
  readonly mayUseFloat32: boolean;
  /** Folder with the teacher's predictions. */
  readonly teacherCache?: string | undefined;
  readonly openEngine: () => Promise<Engine>;
  readonly threads?: number | undefined;
  /** Called when it is decided what is trained. */
  readonly onSettings?: (settings: HealSettings) => void;
  readonly memoryCheck: boolean;
  readonly overwrite?: boolean | undefined;
  readonly restart?: boolean | undefined;
  readonly quiet?: boolean | undefined;
}

/** Where a run saves the state of its healing: beside the output. */
export const healStatePath = (out: string): string => `${resolve(out)}.state`;

/** Heals a pruned model into a folder, resuming from the state beside it if there is one. */
export async function healModel(
  path: string,
  {
    teacher: ofTeacher,
    out,
    texts: given,
    settings: wished,
    openEngine,
    teacherCache: cached,
    ...flags
  }: HealingOptions,
  terminal: Terminal,
): Promise<HealRecord> {
  const { quiet, threads, overwrite = false, restart = false } = flags;
  const allTexts = [...given.text, ...(given.eval ?? [])];
  for (const text of allTexts) refuseFolder(text);
  const inputs = [path, ofTeacher, ...allTexts];
  await assertApart(out, inputs, cached === undefined ? [] : [cached]);
  if (cached !== undefined) await assertApart(cached, inputs, [], `${given.prefix ?? ''}teacher-cache`);
  const options = given.prefix ? { prefix: given.prefix } : {};
  const statePath = healStatePath(out);
  await checkHealState(statePath, { restart });
  const settingsFor = async (asked: HealSettings, configs: HealConfigs, engine: Engine) => {
    // What a saved run trains does not depend on the memory that is free today.
    const saved = flags.mayUseLora && !restart ? await savedHealIdentity(statePath) : undefined;
    const train = (['all', 'lora'] as const).find((each) => each === saved?.train);
    const wanted = train ? { ...asked, train } : asked;
    if (!flags.memoryCheck) return wanted;
    if (train || !flags.mayUseLora) {
      assertHealFits(configs, wanted, engine, options);
      return wanted;
    }
    const settings = fittingHealSettings(configs, wanted, engine, options);
    if (settings.train !== wanted.train) terminal.note(loraNote(settings, given.prefix));
    return settings;
  };
  const paths = { pruned: path, teacher: ofTeacher };
  return withHealModels(paths, { terminal, quiet, threads }, async ({ pruned, teacher }) => {
    const { record, stateFile } = await withOutputFolder(out, { overwrite }, async (folder) => {
      const { texts, evaluation } = await readHealTexts(given, wished, pruned, terminal);
      showTextWarnings([texts.training], terminal);
      if (given.prefix === undefined) warnOfMeasuredText(given.text, given.eval ?? [], terminal); // else pruning did
      if (given.prefix === undefined) showShorterWindows(given, pruned.config, terminal); // else pruning did
      const engine = await openEngine();
      const asked = inPossibleDtype(wished, flags, engine);
      const teacherCache =
        cached === undefined
          ? undefined
          : await openTeacherCache(cached, { teacher: teacher.checkpoint, engine, settings: asked });
      const known = teacherCache && (await teacherCache.missing(texts.training)) === 0;
      const configs = { pruned: pruned.config, teacher: known ? undefined : teacher.config };
      const settings = await settingsFor(asked, configs, engine);
      flags.onSettings?.(settings);
      const models = { pruned: pruned.checkpoint, teacher: teacher.checkpoint };
      const identity = await healIdentity({ ...models, engine, settings, texts, teacherCache });
      await inHealFlags(() => checkHealState(statePath, { restart, identity }), given.prefix);
      const stateFile = healStateFile(statePath, identity, { restart });
      const job = {
        name: flags.name,
        ...{ ...models, engine, settings, texts, evaluation, folder, stateFile, teacherCache },
        ...(await prunedFiles(pruned.path)),
      };
      const layout = decoderLayout(pruned.config);
      if (existsSync(statePath) && !restart && !quiet)
        terminal.note(`Resuming from ${statePath}. Use --restart to begin again.`);
      const record = await watch(heal(job), terminal, { layout, quiet }).catch((error: unknown) => {
        if (existsSync(statePath))
          terminal.note(`The state is saved in ${statePath}. Run the same command to resume.`);
        throw error;
      });
      const harm = harmWarning(record, given.prefix);
      if (harm) terminal.note(harm);
      await replaceFile(join(folder, HEAL_REPORT), healReport(record));
      return { record, stateFile };
    });
    await stateFile.remove(); // not before the folder has its name
    return record;
  });
}

/** Settings in float32 if the engine has no bfloat16, and none was asked for. */
export const inPossibleDtype = (
  settings: HealSettings,
  { mayUseFloat32 }: Pick<HealingOptions, 'mayUseFloat32'>,
  { runtime }: Pick<Engine, 'runtime'>,
): HealSettings => (mayUseFloat32 && !runtime.bfloat16 ? { ...settings, dtype: 'float32' } : settings);

const loraNote = ({ rank }: HealSettings, prefix = ''): string =>
  `Training all weights does not fit into memory: LoRA of rank ${rank} is trained. Use --${prefix}train to choose.`;
