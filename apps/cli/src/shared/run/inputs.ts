import { bytesSchema, healGroup } from '@grasp/prune';
import * as z from 'zod';
import { DEFAULT_WINDOW } from '../flags.js';
import { MODEL_HELP } from '../model.js';

const files = { heading: 'Input and output' };
const engine = { heading: 'Engine' };

/** Says what to give if there is nothing. What is wrong with something else is said as for other settings. */
const missing = (help: string) => ({
  error: ({ input }: { readonly input?: unknown }) => (input === undefined ? help : undefined),
});

const path = z.string().min(1);

/** The inputs and outputs of a run, and the machine it runs on. None of it decides what is learned, except the texts. */
export const inputsSchema = z.strictObject({
  model: z
    .string(missing('give a Hugging Face folder, a GGUF file or the name of a model'))
    .min(1)
    .describe(MODEL_HELP),
  calib: z
    .array(
      path,
      missing(
        'give a calibration text, such as --calib train.txt. Every run has one in its forecast and its record, also with a method that does not read it',
      ),
    )
    .min(1)
    .describe('calibration text: .txt, .raw, .jsonl, .parquet, or a corpus by name')
    .meta(files),
  mix: z
    .array(path)
    .optional()
    .describe('text whose blocks alternate with those of --calib and --scale-calib')
    .meta(files),
  scaleCalib: z
    .array(path)
    .optional()
    .describe('calibration text for scales and LoRA (default: --calib)')
    .meta(files),
  eval: z
    .array(path)
    .default([])
    .describe('text on which perplexity is measured before and after')
    .meta(files),
  textColumn: z
    .string()
    .min(1)
    .optional()
    .describe('column with the text in .jsonl and .parquet files (default: text)')
    .meta(files),
  evalWindows: z
    .int()
    .min(1)
    .optional()
    .describe('maximum number of windows of each --eval text')
    .meta(files),
  scores: path
    .optional()
    .describe(
      'file with one score per unit, in place of a method: safetensors or grasp-mask.json; higher is kept',
    )
    .meta(files),
  mask: path
    .optional()
    .describe('file with 1 for each kept unit, in place of a method: safetensors or grasp-mask.json')
    .meta(files),
  /** Of `--method ./module.js`. No flag of its own. */
  methodModule: z.string().optional(),
  window: z
    .int()
    .min(2)
    .optional()
    .describe(`tokens per window of perplexity (default: ${DEFAULT_WINDOW})`)
    .meta(files),
  heal: healGroup,
  out: path.optional().describe('folder for the pruned model; must be empty or new').meta(files),
  saveEvery: z
    .int()
    .min(1)
    .default(64)
    .describe('maximum number of steps between two saves of the state; saves are at most two minutes apart')
    .meta(files),
  backend: z
    .enum(['tensorflow', 'wasm'])
    .optional()
    .describe('backend (default: tensorflow, or wasm if it cannot start)')
    .meta(engine),
  threads: z.int().min(1).optional().describe('threads (default: all cores)').meta(engine),
  gpuMemory: bytesSchema
    .refine((bytes) => bytes >= 1e6, 'it must be a megabyte or more. Add a unit: 40GB')
    .optional()
    .describe('maximum GPU memory: 40GB (default: all that is free)')
    .meta(engine),
  workers: z
    .string()
    .optional()
    .describe('processes that hold the layers: host:port of each grasp worker, separated by commas')
    .meta(engine),
});

export type RunInputs = z.output<typeof inputsSchema>;
