import type { CommandUnknownOpts } from '@commander-js/extra-typings';

/** A command as `grasp-bench --help` lists it. Its module is loaded only when the command is used. */
export interface ListedCommand {
  readonly name: string;
  /** Options and arguments, as commander's help writes them. */
  readonly usage: string;
  readonly description: string;
  /** Loads the module and makes the command, with its options and its action. */
  readonly load: () => Promise<CommandUnknownOpts>;
}

/** All commands, in the order of `grasp-bench --help`. */
export const COMMANDS: readonly ListedCommand[] = [
  {
    name: 'verify',
    usage: '[options] <paths...>',
    description: "replay traces of the paper's implementation and print the largest difference per quantity",
    load: async () => (await import('./verify/index.js')).verifyCommand(),
  },
  {
    name: 'speed',
    usage: '[options] <model>',
    description: 'time steps in alternation with PyTorch scripts of the same steps, on the same model',
    load: async () => (await import('./speed/index.js')).speedCommand(),
  },
  {
    name: 'scaling',
    usage: '[options]',
    description: 'time gate steps of models of growing size, and fit lines to time and memory',
    load: async () => (await import('./scaling/index.js')).scalingCommand(),
  },
  {
    name: 'reproduce',
    usage: '[options]',
    description:
      "prune and evaluate a model as the paper does, and print the paper's values beside the measured ones",
    load: async () => (await import('./reproduce/index.js')).reproduceCommand(),
  },
  {
    name: 'compare',
    usage: '[options]',
    description: 'compare pruning methods under one budget, on one text, with every recovery',
    load: async () => (await import('./compare/index.js')).compareCommand(),
  },
  {
    name: 'against',
    usage: '[options]',
    description: "prune a model with the paper's code and with this project, and compare the results",
    load: async () => (await import('./against/index.js')).againstCommand(),
  },
  {
    name: 'time-to',
    usage: '[options] <model>',
    description: "time until a pruned model has a perplexity, in alternation with the paper's code",
    load: async () => (await import('./time-to/index.js')).timeToCommand(),
  },
  {
    name: 'serve',
    usage: '[options] <model> <pruned...>',
    description:
      'compare models in llama.cpp and vLLM: prefill, decode, first token, requests per second, memory, KV cache',
    load: async () => (await import('./serve/index.js')).serveCommand(),
  },
  {
    name: 'soak',
    usage: '[options]',
    description: 'learn many steps on a small random model, and report whether memory grows',
    load: async () => (await import('./soak/index.js')).soakCommand(),
  },
  {
    name: 'startup',
    usage: '[options] <model>',
    description: 'time the start of grasp and grasp-bench, in alternation with a Node that runs nothing',
    load: async () => (await import('./startup/index.js')).startupCommand(),
  },
  {
    name: 'profile',
    usage: '[options] <model>',
    description: 'time forward passes of a model at several widths, for a latency budget',
    load: async () => (await import('./profile/index.js')).profileCommand(),
  },
  {
    name: 'kernels',
    usage: '[options]',
    description: 'profile steps of a layer with random weights by kernel',
    load: async () => (await import('./kernels/index.js')).kernelsCommand(),
  },
  {
    name: 'repeat',
    usage: '[options] <model>',
    description: 'prune a model twice in processes of their own, and compare all files byte by byte',
    load: async () => (await import('./repeat/index.js')).repeatCommand(),
  },
  {
    name: 'gpu',
    usage: '[options]',
    description:
      'everything worth knowing of a GPU in eight minutes: verification, speed, memory, kernels, repeatability',
    load: async () => (await import('./gpu/index.js')).gpuCommand(),
  },
  {
    name: 'read',
    usage: '[options] [model]',
    description: 'time the dequantisation of each GGUF type, and the reading of a model',
    load: async () => (await import('./read/index.js')).readCommand(),
  },
  {
    name: 'make-model',
    usage: '[options]',
    description: 'write a model with the shape of a published one and random bfloat16 weights',
    load: async () => (await import('./make-model/index.js')).makeModelCommand(),
  },
  {
    name: 'agree',
    usage: '[options] <models...>',
    description: 'compare perplexity with transformers and greedy tokens with llama.cpp, model by model',
    load: async () => (await import('./agree/index.js')).agreeCommand(),
  },
  {
    name: 'models',
    usage: '[options] [name]',
    description: 'list real models by name, or download one and verify its hash',
    load: async () => (await import('./models/index.js')).modelsCommand(),
  },
];
