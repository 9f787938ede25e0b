import { Command, Option } from '@commander-js/extra-typings';
import { type Checkpoint, openCheckpoint } from '@grasp/checkpoint';
import { decoderLayout, loadDecoder } from '@grasp/decoder';
import { type Engine, parseSettings, prune } from '@grasp/prune';
import type { Tokenizer } from '@grasp/tokenizer';
import { openEngineFor } from '../../shared/engine.js';
import { nonEmpty } from '../../shared/flags.js';
import { formatShare } from '../../shared/format.js';
import { withModel } from '../../shared/model.js';
import { numberFlag } from '../../shared/number-flag.js';
import { checkOutputFolder, withOutputFolder } from '../../shared/output-folder.js';
import { watch } from '../../shared/progress/watch.js';
import { summaryTable } from '../../shared/run/summary-table.js';
import { writeReport } from '../../shared/run/write-report.js';
import type { Terminal } from '../../shared/terminal.js';
import { calibrationBlocks, perplexityWindows } from '../../shared/texts.js';
import { calibrationProse, heldOutProse } from './prose.js';

/** Small enough for a few minutes on two cores. */
const settings = { method: 'grasp+', text: { blocks: 48, length: 512 } };
const evaluationWindows = { window: 1024, most: 8 };
const prompt = 'My fellow Americans, the state of our union is';
const continuationTokens = 32;

/** The model's continuation of the prompt, by the likeliest tokens. */
async function continuation(checkpoint: Checkpoint, tokenizer: Tokenizer, engine: Engine): Promise<string> {
  const decoder = await loadDecoder(checkpoint, { runtime: engine.runtime });
  try {
    const ids: number[] = [];
    for await (const id of decoder.under().generate(await tokenizer.encode(prompt), {
      maxTokens: continuationTokens,
    })) {
      ids.push(id);
    }
    return (await tokenizer.decode(ids)).replace(/\s+/g, ' ');
  } finally {
    decoder.dispose();
  }
}

/** Replaced by each demo. Any other folder may hold what the user made. */
const FOLDER = 'out/demo';

interface Flags {
  readonly keep: number;
  readonly out?: string | undefined;
  readonly overwrite?: true | undefined;
  readonly quiet?: true | undefined;
}

async function demo({ keep, out: given, quiet, ...flags }: Flags, terminal: Terminal): Promise<void> {
  const out = given ?? FOLDER;
  const overwrite = given === undefined || flags.overwrite === true;
  await checkOutputFolder(out, { overwrite }); // before the download
  await withModel('smollm2-135m-instruct', { terminal, quiet }, async (model) => {
    const { checkpoint, config, tokenizer } = model;
    const { record, engine } = await withOutputFolder(out, { overwrite }, async (folder) => {
      const engine = await openEngineFor(terminal, { quiet });
      if (!quiet) {
        const share = formatShare(keep);
        terminal.note(
          `Pruning SmolLM2-135M-Instruct to ${share} of its prunable parameters on ${engine.description}`,
        );
      }
      const chosen = parseSettings(settings, { budget: { keep } });
      const gateBlocks = await calibrationBlocks([calibrationProse()], model, chosen.text);
      const windows = await perplexityWindows(heldOutProse(), model, evaluationWindows);
      const evaluation = [{ name: 'held-out addresses', windows }];
      const job = { checkpoint, engine, settings: chosen, gateBlocks, evaluation, folder };
      const record = await watch(prune(job), terminal, { layout: decoderLayout(config), quiet });
      await writeReport(folder);
      return { record, engine };
    });
    terminal.print(summaryTable(record));
    const pruned = await openCheckpoint(out);
    try {
      terminal.print(`\n${prompt} …\n`);
      terminal.print(`  dense   … ${await continuation(checkpoint, tokenizer, engine)}`);
      terminal.print(`  pruned  … ${await continuation(pruned, tokenizer, engine)}`);
    } finally {
      await pruned.close();
    }
    terminal.print(
      `\nThe pruned model is in ${out}: safetensors, config.json, tokenizer, grasp.json with all settings, and report.html.`,
    );
  });
}

export const demoCommand = (terminal: Terminal) =>
  new Command()
    .addOption(
      new Option('--keep <share>', 'share of the prunable parameters to keep')
        .argParser(numberFlag({ exclusiveMinimum: 0, maximum: 1 }))
        .default(0.5),
    )
    .option('--out <folder>', `folder for the pruned model (default: ${FOLDER})`, nonEmpty)
    .option('--overwrite', 'replace an earlier result in the folder of --out')
    .option('--quiet', 'show no progress')
    .action((flags) => demo(flags, terminal));
