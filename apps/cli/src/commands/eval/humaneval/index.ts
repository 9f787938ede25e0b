import { Command, Option } from '@commander-js/extra-typings';
import { tokenizerRoles } from '@grasp/checkpoint';
import { decoderLayout } from '@grasp/decoder';
import {
  type CodeProblem,
  evaluateHumanEval,
  type HumanEvalItem,
  humanEvalProblems,
  type ProgramRunner,
  programRunner,
} from '@grasp/eval';
import { assertWritable } from '@grasp/files';
import { loadOn, modelFingerprint, SettingsError } from '@grasp/prune';
import { openEngineFor } from '../../../shared/engine.js';
import { count, nonEmpty, options, webAddress } from '../../../shared/flags.js';
import { formatItems } from '../../../shared/format.js';
import { endTokens } from '../../../shared/generation/continue-tokens.js';
import { MODEL_HELP, withModel } from '../../../shared/model.js';
import { assertApart } from '../../../shared/output-apart.js';
import { countView } from '../../../shared/progress/count-view.js';
import { watch } from '../../../shared/progress/watch.js';
import type { Terminal } from '../../../shared/terminal.js';
import { endpointCompletions } from './endpoint.js';
import { ownCompletions } from './own-completions.js';
import { ResultsFile } from './results-file.js';

type Complete = (prompt: string) => Promise<string>;

interface Flags {
  readonly limit?: number | undefined;
  readonly out?: string | undefined;
  readonly maxTokens: number;
  readonly seconds: number;
  readonly python: string;
  readonly quiet?: true | undefined;
  readonly json?: true | undefined;
}

/** The file of `--out`, if any: before a model is loaded, because it may be refused. */
async function resultsFile(
  model: string,
  source: () => string | Promise<string>,
  { out, maxTokens, seconds }: Flags,
): Promise<ResultsFile | undefined> {
  if (out === undefined) return undefined;
  return ResultsFile.open(out, { model, source: await source(), maxTokens, seconds });
}

/** What runs the programs: before anything else, because the interpreter may be missing. */
async function openRunner({ seconds, python }: Flags, terminal: Terminal): Promise<ProgramRunner> {
  const runner = await programRunner({ seconds }, python);
  if (!runner.isolation.network) {
    terminal.note(
      'warning: this system takes the network from no process; Python alone refuses it to the programs.',
    );
  }
  return runner;
}

interface Evaluation {
  readonly problems: readonly CodeProblem[];
  readonly complete: Complete;
  readonly runner: ProgramRunner;
  readonly file: ResultsFile | undefined;
}

/** Completes the problems, runs the programs, prints the result. */
async function evaluate(
  model: string,
  { problems, complete, runner, file }: Evaluation,
  { maxTokens, quiet, json }: Flags,
  terminal: Terminal,
): Promise<void> {
  const { signal } = terminal;
  const view = countView(terminal, quiet);
  const items: HumanEvalItem[] = [];
  try {
    const run = evaluateHumanEval(problems, complete, runner, { earlier: file?.earlier ?? [], signal });
    for await (const record of run) {
      if (record.kind === 'item') {
        items.push(record);
        await file?.add(record);
        view.show('problems', items.length, problems.length);
        continue;
      }
      view.stop();
      const { value, standardError } = record.passAt1;
      if (json) {
        const results = items.map(({ kind: _, ...item }) => item);
        terminal.print(JSON.stringify({ model, maxTokens, passAt1: record.passAt1, results }, null, 2));
        continue;
      }
      for (const { id, outcome } of items) terminal.print(`${id}  ${outcome}`);
      const error = standardError === undefined ? '' : ` ± ${standardError.toFixed(4)}`;
      terminal.print(`pass@1  ${value.toFixed(4)}${error}  (${formatItems(record.items, 'problem')})`);
    }
  } finally {
    view.stop();
  }
}

export const humanEvalCommand = (terminal: Terminal) =>
  new Command('humaneval')
    .description('pass@1 on the 164 problems of HumanEval: runs programs that the model writes')
    .argument('<model>', `${MODEL_HELP}; with --endpoint, the name of the model there`, nonEmpty)
    .option('--run-generated-code', 'allow the programs to run, each in a process with limits')
    .addOption(
      new Option(
        '--endpoint <url>',
        'ask a server with the API of OpenAI, up to /v1, instead of loading a model',
      )
        .argParser(webAddress)
        .conflicts(['backend', 'threads']),
    )
    .option('--limit <number>', 'use only the first problems', count)
    .option('--max-tokens <number>', 'maximum length of a completion', count, 512)
    .option('--seconds <number>', 'time that a program has', count, 5)
    .option('--python <path>', 'interpreter for the programs', nonEmpty, 'python3')
    .option(
      '--out <file>',
      'keep each result in this file, JSON Lines; the same command resumes from it',
      nonEmpty,
    )
    .addOption(options.backend())
    .addOption(options.threads())
    .option('--quiet', 'show no progress')
    .option('--json', 'print one JSON document with every completion instead of text')
    .action(async (path, { runGeneratedCode, endpoint, backend, threads, ...flags }) => {
      if (!runGeneratedCode) {
        throw new SettingsError(
          'HumanEval runs programs that the model writes. Add --run-generated-code to allow that, best in a container.',
          ['run-generated-code'],
        );
      }
      const { limit, maxTokens, quiet } = flags;
      const { signal } = terminal;
      const problemsOf = () => humanEvalProblems({ limit, signal });
      if (endpoint !== undefined) {
        const file = await resultsFile(path, () => endpoint.replace(/\/+$/, ''), flags);
        const apiKey = process.env.OPENAI_API_KEY;
        const complete = endpointCompletions({ url: endpoint, model: path, apiKey, maxTokens }, signal);
        const runner = await openRunner(flags, terminal);
        return evaluate(path, { problems: await problemsOf(), complete, runner, file }, flags, terminal);
      }
      if (flags.out !== undefined) {
        await assertApart(flags.out, [path]);
        await assertWritable(flags.out);
      }
      const runner = await openRunner(flags, terminal);
      await withModel(path, { terminal, quiet, threads }, async ({ checkpoint, config, tokenizer }) => {
        const file = await resultsFile(path, () => modelFingerprint(checkpoint), flags);
        const problems = await problemsOf();
        const engine = await openEngineFor(terminal, { backend, threads, quiet });
        const layout = decoderLayout(config);
        const decoder = await watch(loadOn(checkpoint, engine), terminal, { layout, quiet });
        try {
          const ends = endTokens(await tokenizerRoles(checkpoint), tokenizer);
          const complete = ownCompletions({ view: decoder.under(), tokenizer, ends }, maxTokens, signal);
          await evaluate(path, { problems, complete, runner, file }, flags, terminal);
        } finally {
          decoder.dispose();
        }
      });
    });
