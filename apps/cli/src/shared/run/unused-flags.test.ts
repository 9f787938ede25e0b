import { healLeaves, parseHealSettings } from '@grasp/prune';
import { expect, it } from 'vitest';
import { keptTerminal } from '../../../test/grasp.js';
import { runFlags } from './flags.js';
import { runOptions } from './options.js';
import {
  EVAL_TEXT_CONDITIONS,
  HEAL_CONDITIONS,
  HEAL_TEXT_CONDITIONS,
  LORA_CONDITIONS,
  RUN_CONDITIONS,
  showUnusedFlags,
} from './unused-flags.js';

/** What is told about the flags of a run. */
async function told(flags: Readonly<Record<string, unknown>>): Promise<string> {
  const { terminal, said } = keptTerminal();
  const options = await runOptions({ model: 'm', calib: ['t'], ...flags });
  showUnusedFlags(RUN_CONDITIONS, options, flags, terminal);
  return said().err;
}

function toldOfHealing(flags: Readonly<Record<string, unknown>>, prefix?: string): string {
  const { terminal, said } = keptTerminal();
  const named = Object.fromEntries(
    Object.entries(flags).map(([name, value]) => [
      prefix ? `heal${name[0]!.toUpperCase()}${name.slice(1)}` : name,
      value,
    ]),
  );
  const healing = { settings: parseHealSettings(flags) };
  showUnusedFlags([...HEAL_CONDITIONS, ...LORA_CONDITIONS], healing, named, terminal, prefix);
  return said().err;
}

it('tells that LoRA and distillation need a pass that tunes', async () => {
  expect(await told({ method: 'flap', loraRank: 16 })).toBe(
    'warning: --lora-rank has no effect: this run has --scale-epochs 0.',
  );
  expect(await told({ scaleEpochs: 0, distilWeight: 0.5, scaleCalib: ['other.txt'] })).toBe(
    'warning: --distil-weight has no effect: this run has --scale-epochs 0.\n' +
      'warning: --scale-calib has no effect: this run has --scale-epochs 0.',
  );
  expect(await told({ scaleEpochs: 0, loraRank: 0 })).toBe('');
  expect(await told({ loraRank: 16, loraLearningRate: 1e-3 })).toBe('');
});

it('tells that settings are of another choice, or of a refit that is not done', async () => {
  expect(await told({ tau: 2, method: 'grasp+' })).toContain('--tau has no effect: this run has --choice');
  expect(await told({ rounds: 4 })).toContain('--rounds has no effect: this run has --choice gates');
  expect(await told({ damping: 0.1 })).toContain('--damping has no effect: this run has --refit none');
  expect(await told({ compensation: 0.1, refit: 'bias', scaleEpochs: 0 })).toContain('--refit bias');
  expect(await told({ epochs: 2, rounds: 2, learningRate: 0.1, mask: 'mask.json' })).toBe(
    'warning: --epochs has no effect: this run has --mask.\n' +
      'warning: --rounds has no effect: this run has --mask.',
  );
  expect(await told({ tau: 2, method: './mine.js' })).toContain('this run has --method ./mine.js');
  expect(await told({ flopsContext: 64 })).toContain('this run has no --flops');
  expect(await told({ heldOutBlocks: 2, scaleEpochs: 0 })).toContain('this run has --scale-epochs 0');
  expect(await told({ method: 'grasp+', rounds: 4, damping: 0.1, compensation: 0.2 })).toBe('');
});

it('tells the same of healing, by the flags of the command', () => {
  expect(toldOfHealing({ train: 'all', rank: 8 })).toBe(
    'warning: --rank has no effect: this run has --train all.',
  );
  expect(toldOfHealing({ train: 'lora', learningRate: 1e-3 }, 'heal-')).toBe(
    'warning: --heal-learning-rate has no effect: this run has --heal-train lora.',
  );
  expect(toldOfHealing({ heldOut: 0, evalEvery: 8 })).toContain('this run has --held-out 0');
  expect(toldOfHealing({ rank: 8 })).toContain('--rank has no effect: this run has --train all');
  expect(toldOfHealing({ train: 'lora', rank: 8 })).toBe('');
});

it('tells that no text has columns, or that none is measured', async () => {
  expect(await told({ textColumn: 'story' })).toBe(
    'warning: --text-column has no effect: this run has no .jsonl or .parquet text.',
  );
  expect(await told({ textColumn: 'story', mix: ['m.jsonl'] })).toBe('');
  expect(await told({ textColumn: 'story', healTokens: 512, healText: ['h.parquet'] })).toBe('');
  expect(await told({ window: 512, evalWindows: 2 })).toBe(
    'warning: --window has no effect: this run has no --eval.\n' +
      'warning: --eval-windows has no effect: this run has no --eval.',
  );
  expect(await told({ window: 512, eval: ['e.txt'] })).toBe('');
  const { terminal, said } = keptTerminal();
  const healing = { text: ['a.txt'], textColumn: 'story', window: 512 };
  showUnusedFlags(HEAL_TEXT_CONDITIONS, healing, healing, terminal);
  showUnusedFlags(EVAL_TEXT_CONDITIONS, ['a.raw'], { textColumn: 'story' }, terminal);
  showUnusedFlags(HEAL_TEXT_CONDITIONS, healing, { textWeights: '1' }, terminal);
  expect(said().err.match(/--[a-z-]+ has no effect/g)).toEqual([
    '--text-column has no effect',
    '--window has no effect',
    '--text-column has no effect',
    '--text-weights has no effect',
  ]);
  expect(await told({ healTokens: 512, healTextWeights: '1' })).toContain('this run has one text');
  expect(await told({ healTokens: 512, healText: ['a', 'b'], healTextWeights: '1,2' })).toBe('');
});

it('names flags that exist', () => {
  const known = runFlags().map(({ option }) => option.long);
  for (const flag of RUN_CONDITIONS.flatMap(({ flags }) => flags)) expect(known).toContain(`--${flag}`);
  const ofHealing = [...healLeaves.map(({ flag }) => flag), 'teacher-cache'];
  const conditions = [...HEAL_CONDITIONS, ...LORA_CONDITIONS];
  for (const flag of conditions.flatMap(({ flags }) => flags)) expect(ofHealing).toContain(flag);
});
