import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import type { Terminal } from '../shared/terminal.js';

/** A command as `grasp --help` lists it. Its module is loaded only when the command is used. */
export interface ListedCommand {
  readonly name: string;
  /** Options and arguments, as commander's help writes them. */
  readonly usage: string;
  readonly description: string;
  /** Loads the module and makes the command, with its options and its action. */
  readonly load: (terminal: Terminal) => Promise<CommandUnknownOpts>;
}

/** All commands, in the order of `grasp --help`. */
export const COMMANDS: readonly ListedCommand[] = [
  {
    name: 'prune',
    usage: '[options] [model]',
    description: 'choose what to keep of a model under one budget, and write the smaller model',
    load: async (terminal) => (await import('./prune/index.js')).pruneCommand(terminal),
  },
  {
    name: 'heal',
    usage: '[options] <pruned>',
    description: 'distil the dense model into all weights of a pruned one',
    load: async (terminal) => (await import('./heal/index.js')).healCommand(terminal),
  },
  {
    name: 'sweep',
    usage: '[options] [model]',
    description: 'learn scores once, and report perplexity against size for several budgets',
    load: async (terminal) => (await import('./sweep/index.js')).sweepCommand(terminal),
  },
  {
    name: 'inspect',
    usage: '[options] <model>',
    description: 'show the shape of a model and what can be pruned',
    load: async (terminal) => (await import('./inspect/index.js')).inspectCommand(terminal),
  },
  {
    name: 'report',
    usage: '[options] <folder>',
    description: 'draw a finished run as one HTML file with a movable budget',
    load: async (terminal) => (await import('./report/index.js')).reportCommand(terminal),
  },
  {
    name: 'eval',
    usage: '',
    description: 'measure a model, dense or pruned',
    load: async (terminal) => (await import('./eval/index.js')).evalCommand(terminal),
  },
  {
    name: 'export',
    usage: '[options] <model>',
    description: 'write a dense or pruned model for llama.cpp, Ollama, vLLM or ONNX Runtime',
    load: async (terminal) => (await import('./export/index.js')).exportCommand(terminal),
  },
  {
    name: 'push',
    usage: '[options] <folder> <name>',
    description: 'upload a pruned model to the Hugging Face Hub; a second run sends only what is missing',
    load: async (terminal) => (await import('./push/index.js')).pushCommand(terminal),
  },
  {
    name: 'chat',
    usage: '[options] <model>',
    description: 'talk with a model, dense or pruned, or with both side by side',
    load: async (terminal) => (await import('./chat/index.js')).chatCommand(terminal),
  },
  {
    name: 'write',
    usage: '[options] <model>',
    description: 'let a model generate its own calibration text',
    load: async (terminal) => (await import('./write/index.js')).writeCommand(terminal),
  },
  {
    name: 'serve',
    usage: '[options] <model>',
    description: 'offer a model to programs that use the API of OpenAI, until Ctrl-C',
    load: async (terminal) => (await import('./serve/index.js')).serveCommand(terminal),
  },
  {
    name: 'doctor',
    usage: '[options]',
    description: 'show engine, machine and speed, and how to make it faster',
    load: async (terminal) => (await import('./doctor/index.js')).doctorCommand(terminal),
  },
  {
    name: 'demo',
    usage: '[options]',
    description: 'prune a real model of 135M parameters on speeches, in a few minutes',
    load: async (terminal) => (await import('./demo/index.js')).demoCommand(terminal),
  },
  {
    name: 'worker',
    usage: '[options]',
    description: 'lend this machine to runs that name it with --workers, until Ctrl-C',
    load: async (terminal) => (await import('./worker/index.js')).workerCommand(terminal),
  },
];
