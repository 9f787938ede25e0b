import type { ShapeName } from '../../shared/models/shapes.js';

export const PART_NAMES = ['verify', 'small', 'large', 'memory', 'kernels', 'repeat'] as const;
export type PartName = (typeof PART_NAMES)[number];

/** One measurement: commands of grasp-bench that run in processes of their own. */
export interface Part {
  readonly name: PartName;
  readonly title: string;
  /** Time limit of all its commands. */
  readonly seconds: number;
  /** Arguments of grasp-bench, one command after the other. The last one writes the report. */
  readonly commands: readonly (readonly string[])[];
  /** Name of the files that the last command writes into its report folder, without extension. */
  readonly report: string;
  /** Why it cannot run. */
  readonly impossible?: string;
}

/** Sizes of all parts. */
export interface Sizes {
  readonly small: readonly string[];
  readonly smallModel: { readonly layers: number; readonly vocabulary?: number };
  /** Layers of the large model; 0: not measured. */
  readonly largeLayers: number;
  readonly large: readonly string[];
  readonly memory: readonly string[];
  readonly kernels: readonly string[];
  readonly repeat: object;
}

const flags = (text: string): string[] => text.split(' ');

export const SIZES: Readonly<Record<'full' | 'reduced' | 'tiny', Sizes>> = {
  /** Eight minutes of a data centre GPU. */
  full: {
    smallModel: { layers: 30 },
    small: flags('--step gates,scales --dtype bfloat16 --rows 16 --rounds 5'),
    largeLayers: 8,
    large: flags('--step gates,scales --dtype bfloat16 --rows 4 --rounds 3'),
    memory: flags('--tokens 1024,2048,4096 --layers 8 --rounds 1 --dtype bfloat16'),
    kernels: flags('--like llama-2-7b --rows 4 --dtype bfloat16'),
    repeat: { text: { length: 256, blocks: 8 }, gates: { epochs: 2 }, scales: { epochs: 2 } },
  },
  /** A few minutes of a CPU. */
  reduced: {
    smallModel: { layers: 6 },
    small: flags('--step gates,scales --dtype float32 --rows 1 --rounds 3'),
    largeLayers: 1,
    large: flags('--step gates --dtype bfloat16 --rows 1 --length 128 --rounds 2'),
    memory: flags('--tokens 256,512,1024 --layers 4 --rounds 1'),
    kernels: flags('--rows 1'),
    repeat: { text: { length: 128, blocks: 2 }, gates: { epochs: 1 }, scales: { epochs: 1 } },
  },
  /** Seconds of a CPU: for tests. */
  tiny: {
    smallModel: { layers: 1, vocabulary: 256 },
    small: flags('--step gates --dtype float32 --rows 1 --length 16 --rounds 1'),
    largeLayers: 0,
    large: [],
    memory: flags('--tokens 16,32 --layers 1 --vocabulary 256 --rounds 1'),
    kernels: flags('--rows 1 --length 16 --steps 1'),
    repeat: { text: { length: 16, blocks: 1 }, gates: { epochs: 1 }, scales: { epochs: 1 } },
  },
};

export interface PartSettings {
  readonly sizes: Sizes;
  /** Traces of the paper's code, if there are any. */
  readonly traces: string | undefined;
  /** Python with PyTorch, if there is one. */
  readonly python: string | undefined;
  readonly compile: boolean;
  /** A model to prune twice. Default: the small random one. */
  readonly model: string | undefined;
  /** Layers of the large model. Default: as the sizes say. */
  readonly layers: number | undefined;
  /** Free memory of the device; undefined if not known. */
  readonly freeBytes: number | undefined;
  /** Time limit of all parts together. Those of parts are shares of it. */
  readonly minutes: number;
  /** Folder for models. */
  readonly scratch: string;
}

/** Time limits of parts, of eight minutes. */
const LIMITS: Readonly<Record<PartName, number>> = {
  verify: 45,
  small: 110,
  large: 140,
  memory: 60,
  kernels: 40,
  repeat: 75,
};

/** Weights of a layer and of embedding and head of LLaMA-2-7B, in bfloat16. */
const LARGE_BYTES = { layer: 405e6, rest: 524e6 };
/** Both sides are on the device at once, with activations: 62 of 13.5 GB measured for all layers. */
const MEMORY_FACTOR = 5;

/** All parts in order. `folder` is where a part's report goes. */
export function partsOf(settings: PartSettings, folder: (name: PartName) => string): Part[] {
  const { sizes, traces, python, compile, model, scratch } = settings;
  const report = (name: PartName) => ['--report', folder(name)];
  const rivals = python === undefined ? ['--alone'] : ['--python', python, ...(compile ? ['--compile'] : [])];
  const path = (name: string) => `${scratch}/${name}`;
  const make = (name: string, like: ShapeName, { layers, vocabulary }: Sizes['smallModel']) => [
    ...['make-model', '--like', like, '--out', path(name), '--layers', String(layers)],
    ...(vocabulary === undefined ? [] : ['--vocabulary', String(vocabulary)]),
  ];
  const layers = settings.layers ?? sizes.largeLayers;
  const part = (name: PartName, title: string, commands: Part['commands'], impossible?: string): Part => ({
    ...{ name, title, seconds: LIMITS[name] * (settings.minutes / 8), commands, report: REPORTS[name] },
    ...(impossible === undefined ? {} : { impossible }),
  });
  const speed = (name: PartName, how: readonly string[]) => [
    'speed',
    path(name),
    ...rivals,
    ...how,
    ...report(name),
  ];
  return [
    part(
      'verify',
      "Every step against the paper's code",
      [['verify', ...(traces === undefined ? [] : [traces]), '--backend', 'tensorflow', ...report('verify')]],
      traces === undefined ? 'there are no traces; name their folder by --traces' : undefined,
    ),
    part('small', "Steps at SmolLM2-135M's shape", [
      make('small', 'smollm2-135m', sizes.smallModel),
      speed('small', sizes.small),
    ]),
    part(
      'large',
      `Steps at LLaMA-2-7B's shape, ${layers} of 32 layers`,
      [make('large', 'llama-2-7b', { layers }), speed('large', sizes.large)],
      whyNotLarge(layers, settings.freeBytes),
    ),
    part('memory', 'Memory of a gate step by the length of a row', [
      ['scaling', ...sizes.memory, ...report('memory')],
    ]),
    part('kernels', 'One layer by kernel', [['kernels', ...sizes.kernels, ...report('kernels')]]),
    part('repeat', 'Pruned twice', [
      ...(model === undefined ? [make('repeat', 'smollm2-135m', { layers: 1, vocabulary: 256 })] : []),
      [
        'repeat',
        model ?? path('repeat'),
        '--settings',
        JSON.stringify(sizes.repeat),
        '--backend',
        'tensorflow',
        ...report('repeat'),
      ],
    ]),
  ];
}

const REPORTS: Readonly<Record<PartName, string>> = {
  verify: 'verify',
  small: 'speed',
  large: 'speed',
  memory: 'scaling',
  kernels: 'kernels',
  repeat: 'repeat',
};

function whyNotLarge(layers: number, freeBytes: number | undefined): string | undefined {
  if (layers === 0) return 'left out at this size';
  const needed = MEMORY_FACTOR * (layers * LARGE_BYTES.layer + LARGE_BYTES.rest);
  if (freeBytes === undefined || freeBytes >= needed) return undefined;
  const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
  return `it needs about ${gigabytes(needed)} and ${gigabytes(freeBytes)} are free; choose fewer --layers`;
}
