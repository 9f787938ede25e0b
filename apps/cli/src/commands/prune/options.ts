import { readFile } from 'node:fs/promises';
import { Option } from '@commander-js/extra-typings';
import {
  bytesSchema,
  type PruneSettings,
  parseSettings,
  SettingsError,
  settingsError,
  settingsSchema,
  withDefaults,
} from '@grasp/prune';
import * as z from 'zod';

/** What a run reads and writes, beside the settings of the method. */
const runSchema = settingsSchema.extend({
  model: z.string().describe('Hugging Face folder or GGUF file'),
  out: z.string().optional().describe('folder for the pruned model; must not hold anything yet'),
  latency: z.string().optional().describe('table of measured times that grasp-bench profile wrote'),
  calib: z.array(z.string()).min(1).describe('text to calibrate on: .txt, .jsonl, .parquet'),
  mix: z
    .array(z.string())
    .optional()
    .describe('text whose blocks take turns with those of --calib, and of --scale-calib'),
  scaleCalib: z.array(z.string()).optional().describe('text to calibrate the scales on; default as --calib'),
  eval: z.array(z.string()).default([]).describe('text to measure perplexity on, before and after'),
  evalWindows: z.int().min(1).optional().describe('most windows of it to use'),
  window: z.int().min(2).default(2048).describe('tokens in a window of perplexity'),
  backend: z.enum(['tensorflow', 'wasm']).optional().describe('default: tensorflow, else wasm'),
  gpuMemory: bytesSchema
    .optional()
    .describe("most to take of a GPU's memory: 40GB (default: all that is free)"),
  workers: z
    .string()
    .optional()
    .describe('processes that hold the layers, host:port of each `grasp worker` with commas between'),
  saveEvery: z
    .int()
    .min(1)
    .default(64)
    .describe('steps between two saves of what a killed run goes on from; two minutes at most'),
  threads: z.int().min(1).optional().describe('default: all cores'),
});

export type RunOptions = z.output<typeof runSchema>;

/** `learningRate` → `--learning-rate` */
const flag = (name: string): string => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

interface Field {
  readonly type: string;
  readonly choices: readonly string[];
  readonly fallback: unknown;
}

const { properties } = z.toJSONSchema(runSchema, { io: 'input' });

/** The parts of a field's schema that the command line shows. */
function fieldOf(name: string): Field {
  const property = properties?.[name] as { type?: string; enum?: string[]; default?: unknown };
  return { type: property.type ?? 'string', choices: property.enum ?? [], fallback: property.default };
}

function parserOf({ type }: Field): ((value: string, previous: unknown) => unknown) | undefined {
  if (type === 'number' || type === 'integer')
    return (value) => (value.trim() === '' ? Number.NaN : Number(value));
  return undefined;
}

/** One command-line option for each field but the model, from the schema itself. */
export function pruneOptions(): Option[] {
  return Object.entries(runSchema.shape)
    .filter(([name]) => name !== 'model')
    .map(([name, schema]) => {
      const field = fieldOf(name);
      const placeholder =
        field.type === 'array' ? '<text...>' : field.choices.length > 0 ? '<name>' : '<value>';
      const shown =
        field.fallback === undefined || Array.isArray(field.fallback) ? '' : ` (default: ${field.fallback})`;
      const option = new Option(`${flag(name)} ${placeholder}`, `${schema.description ?? name}${shown}`);
      if (field.choices.length > 0) option.choices(field.choices);
      const parse = parserOf(field);
      return parse ? option.argParser(parse) : option;
    }) as Option[];
}

async function readJson(path: string, option: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new SettingsError(`${path}: ${(error as Error).message}.`, [option]);
  }
}

async function readConfig(path: string): Promise<Record<string, unknown>> {
  const content = await readJson(path, 'config');
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw new SettingsError(`${path} must hold one JSON object of settings.`, ['config']);
  }
  return content as Record<string, unknown>;
}

/**
 * The options of a run: defaults, over them the config file, over it the command line.
 *
 * @throws SettingsError naming what is unknown, missing or out of range.
 */
export async function runOptions(
  flags: Readonly<Record<string, unknown>>,
  config?: string,
): Promise<RunOptions> {
  const known = Object.fromEntries(Object.entries(flags).filter(([name]) => name in runSchema.shape));
  const merged = { ...(config === undefined ? {} : await readConfig(config)), ...known };
  const parsed = runSchema.safeParse(withDefaults(merged));
  if (!parsed.success) throw settingsError(parsed.error);
  return parsed.data;
}

/** Those of the options that decide what is learned; of a latency table its content. */
export async function methodSettings(options: RunOptions): Promise<PruneSettings> {
  const names = Object.keys(settingsSchema.shape) as (keyof PruneSettings)[];
  const { latency: path } = options;
  const latency = path === undefined ? undefined : await readJson(path, 'latency');
  return parseSettings({ ...Object.fromEntries(names.map((name) => [name, options[name]])), latency });
}
