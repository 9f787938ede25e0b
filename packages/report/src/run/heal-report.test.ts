import { type HealRecord, parseHealSettings } from '@grasp/prune';
import { expect, it } from 'vitest';
import { healReport } from './heal-report.js';

const text = {
  fingerprint: 'f',
  description: '/home/me/texts/train.txt (rows: lines)',
  shape: [2, 8],
} as const;
const record: HealRecord = {
  format: 'grasp-heal',
  version: 1,
  versions: {},
  pruned: '/home/me/models/pruned',
  teacher: '/home/me/models/dense',
  settings: parseHealSettings({}),
  data: { training: text, evaluation: { 'a.txt': text } },
  parameters: 10,
  steps: [],
  curve: [],
  perplexity: { pruned: { 'a.txt': 30 }, healed: { 'a.txt': 20 } },
};

it('shows a healing, and names no folder of the machine', () => {
  const page = healReport(record);
  expect(page).toContain('<title>pruned, healed</title>');
  expect(page).toContain('Text: train.txt (rows: lines)');
  expect(page).toContain('<th scope="row">a.txt</th><td>30.00</td><td>20.00</td>');
  expect(page).not.toContain('/home/me');
});

it('lists the settings that had an effect', () => {
  expect(healReport(record)).toContain('embedding <b>trained</b>');
  const lora = healReport({ ...record, settings: parseHealSettings({ train: 'lora' }) });
  expect(lora).not.toContain('embedding');
});
