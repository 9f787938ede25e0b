import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, Option } from '@commander-js/extra-typings';
import { parseJson } from '@grasp/files';
import { assertApart } from '../../shared/files/assert-apart.js';
import { makeFolder } from '../../shared/files/make-folder.js';
import { writeFiles } from '../../shared/files/write-files.js';
import { count, listOf } from '../../shared/options/option-values.js';
import { terminalTable } from '../../shared/tables/terminal-table.js';
import { describeMachine } from '../../shared/timing/machine.js';
import { type Card, findCard } from './card.js';
import { GpuBenchmarkError } from './gpu-error.js';
import { gpuLibrary } from './gpu-library.js';
import { conditionLines, type GpuReport, gpuMarkdown, gpuRecord, outcomeRows } from './gpu-report.js';
import { refuseUnusedOptions } from './part-options.js';
import { PART_NAMES, type PartName, partsOf, SIZES } from './parts.js';
import { type Outcome, runParts } from './run-parts.js';
import { runProgram } from './run-program.js';

/** Of eight minutes: opening a GPU the first time takes a while. */
const OPENING_SECONDS = 60;
const PYTORCH =
  'import torch; print(torch.__version__, torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU")';

/** The traces of the shared folder, if it is known. */
const sharedTraces = (): string | undefined => {
  const folder = process.env.GRASP_SHARED && join(process.env.GRASP_SHARED, 'reference');
  return folder && existsSync(folder) ? folder : undefined;
};

/** The card to use: undefined for the CPU. */
async function chosenCard(device: 'auto' | 'gpu' | 'cpu'): Promise<Card | undefined> {
  if (device === 'cpu') return undefined;
  const card = await findCard();
  if (card === undefined && device === 'gpu')
    throw new GpuBenchmarkError(
      'This machine has no NVIDIA card that its driver knows. Use --device cpu to try the command.',
    );
  if (card === undefined) console.error('No NVIDIA card: everything runs on the CPU, at reduced sizes.');
  return card;
}

/** What TensorFlow runs on, or why it does not run there. */
async function openOnce(
  card: Card | undefined,
  environment: NodeJS.ProcessEnv,
  seconds: number,
): Promise<Pick<GpuReport, 'engine' | 'engineProblem'>> {
  const script = fileURLToPath(new URL('./engine-process.js', import.meta.url));
  const { stdout, reason } = await runProgram([process.execPath, script], seconds, environment, () => {});
  if (reason !== undefined) return { engineProblem: reason };
  const { engine, gpuBytes, matMulRates } = parseJson(stdout) as {
    engine: string;
    gpuBytes: number;
    matMulRates: Record<string, number>;
  };
  if (card === undefined || gpuBytes > 0) return { engine: { engine, matMulRates } };
  return {
    engineProblem: `it finds no GPU (${engine}). Its library needs CUDA's packages beside it: pip install 'tensorflow[and-cuda]'; TF_CPP_MIN_LOG_LEVEL=0 shows which library is missing`,
  };
}

async function describePyTorch(python: string | undefined, environment: NodeJS.ProcessEnv, seconds: number) {
  if (python === undefined) return {};
  const { stdout, reason } = await runProgram([python, '-c', PYTORCH], seconds, environment, () => {});
  return {
    pytorch: reason === undefined ? stdout.trim() : `${python} cannot import it: ${reason}`,
    works: reason === undefined,
  };
}

export const gpuCommand = () =>
  new Command()
    .addOption(
      new Option('--device <name>', 'auto: a GPU if there is one')
        .choices(['auto', 'gpu', 'cpu'] as const)
        .default('auto' as const),
    )
    .addOption(
      new Option('--size <name>', 'default: full on a GPU, reduced on a CPU').choices([
        'full',
        'reduced',
        'tiny',
      ] as const),
    )
    .addOption(
      new Option('--parts <names>', `default: ${PART_NAMES.join(',')}`).argParser(listOf(PART_NAMES)),
    )
    .option('--minutes <n>', 'time limit of all parts together; those of parts are shares of it', count, 8)
    .option('--python <path>', 'Python with torch and safetensors, to compare with PyTorch')
    .option('--no-compile', 'do not compare with compiled PyTorch')
    .option('--traces <folder>', "traces of the paper's code (default: reference in GRASP_SHARED)")
    .option('--model <model>', 'folder or name of a model to prune twice (default: a small random one)')
    .option('--layers <n>', "layers of the model with LLaMA-2-7B's shape", count)
    .requiredOption('--out <folder>', 'folder for gpu.json, gpu.md, and the reports of all parts')
    .action(async (given, command) => {
      refuseUnusedOptions(command, given.parts);
      const {
        device,
        size,
        parts,
        minutes,
        python,
        compile,
        traces = sharedTraces(),
        model,
        layers,
        out,
      } = given;
      await assertApart(
        out,
        [model, traces].filter((path) => path !== undefined),
      );
      const card = await chosenCard(device);
      const environment: NodeJS.ProcessEnv = card
        ? { GRASP_TENSORFLOW_LIBRARY: await gpuLibrary(console.error) }
        : { CUDA_VISIBLE_DEVICES: '' };
      const sizes = size ?? (card ? 'full' : 'reduced');
      await makeFolder(out); // before the folder that would stay when this fails
      const scratch = await mkdtemp(join(tmpdir(), 'grasp-gpu-'));
      const folder = (name: PartName) => join(out, name);
      const outcomes: Outcome[] = [];
      const opening = OPENING_SECONDS * (minutes / 8);
      try {
        const { works = false, ...pytorch } = await describePyTorch(python, environment, opening);
        const report: GpuReport = {
          date: new Date().toISOString(),
          machine: describeMachine(availableParallelism()),
          device: card ? 'gpu' : 'cpu',
          ...(card ? { card } : {}),
          size: sizes,
          ...(await openOnce(card, environment, opening)),
          ...pytorch,
          outcomes,
        };
        const write = () =>
          writeFiles(out, {
            'gpu.json': `${JSON.stringify(gpuRecord(report), undefined, 2)}\n`,
            'gpu.md': gpuMarkdown(report),
          });
        for (const line of conditionLines(report)) console.error(line);
        const settings = {
          ...{
            sizes: SIZES[sizes],
            traces,
            python: works ? python : undefined,
            compile,
            model,
            layers,
            minutes,
            scratch,
          },
          freeBytes: card?.freeBytes,
        };
        const wanted = partsOf(settings, folder).filter(({ name }) => parts?.includes(name) ?? true);
        const program = [process.execPath, process.argv[1]!] as const;
        const options = { program, environment, seconds: 60 * minutes, folder, say: console.error };
        const possible = wanted.map((part) =>
          report.engineProblem === undefined
            ? part
            : { ...part, impossible: 'TensorFlow does not run, see above' },
        );
        await write();
        for await (const outcome of runParts(possible, options)) {
          outcomes.push(outcome);
          await write();
        }
        console.log(terminalTable(['part', 'outcome', 'result', 'seconds'], outcomeRows(outcomes)));
        console.log(`Written to ${join(out, 'gpu.md')}`);
        const bad = outcomes.filter(({ status }) => status === 'failed' || status === 'partial');
        if (report.engineProblem !== undefined)
          throw new GpuBenchmarkError(`TensorFlow does not run: ${report.engineProblem}`);
        if (bad.length > 0)
          throw new GpuBenchmarkError(
            `${bad.length} of ${outcomes.length} parts failed: ${bad.map(({ name }) => name).join(', ')}.`,
          );
      } finally {
        await rm(scratch, { recursive: true, force: true });
      }
    });
