import { decoderConfig } from '@grasp/decoder';
import { expect, it } from 'vitest';
import { assertHealFits, fittingHealSettings, healBytes, parseHealSettings } from '../index.js';

/** SmolLM2-135M. */
const smollm2 = decoderConfig({
  model_type: 'llama',
  hidden_size: 576,
  intermediate_size: 1536,
  num_attention_heads: 9,
  num_key_value_heads: 3,
  num_hidden_layers: 30,
  vocab_size: 49152,
  tie_word_embeddings: true,
});
const configs = { pruned: smollm2, teacher: smollm2 };
const settings = parseHealSettings({});

it('counts what was measured, the process included', () => {
  // The dense model as its own student: 2.8 GiB of tensors beside a process of 0.6 GB.
  const frozen = healBytes(configs, { ...settings, embedding: 'frozen' }) + 600e6;
  expect(frozen / 2 ** 30).toBeGreaterThan(3.4 * 0.85);
  expect(frozen / 2 ** 30).toBeLessThan(3.4 * 1.3);
});

it('grows with rows, and shrinks when the embedding is frozen', () => {
  const of = (changed: Partial<typeof settings>) => healBytes(configs, { ...settings, ...changed });
  expect(of({ rows: 8 })).toBeGreaterThan(of({ rows: 4 }));
  expect(of({ embedding: 'frozen' })).toBeLessThan(of({}));
  expect(of({ teacherShare: 0 })).toBeLessThan(of({}));
});

it('takes LoRA where only that fits, and says so if it may not choose', () => {
  const bytes = (train: 'all' | 'lora') => healBytes(configs, { ...settings, train }) + 600e6;
  expect(bytes('lora')).toBeLessThan(bytes('all') / 1.4);
  const limit = (bytes('lora') + bytes('all')) / 2;
  expect(fittingHealSettings(configs, settings, {}, { limit }).train).toBe('lora');
  expect(fittingHealSettings(configs, settings, {}, { limit: 64e9 }).train).toBe('all');
  expect(() => fittingHealSettings(configs, settings, {}, { limit: 1e9 })).toThrow('No option');
  const asked = () => assertHealFits(configs, settings, {}, { limit, prefix: 'heal-' });
  expect(asked).toThrow('--heal-train lora');
});

it('refuses a run that does not fit, and names what would', () => {
  const fits = (limit: number) => assertHealFits(configs, settings, {}, { limit });
  expect(() => fits(64e9)).not.toThrow();
  const frozen = healBytes(configs, { ...settings, embedding: 'frozen', rows: 1 }) + 601e6;
  expect(() => fits(frozen)).toThrow('--embedding frozen');
  const least = healBytes(configs, { ...settings, train: 'lora', rows: 1 }) + 601e6;
  expect(() => fits(least)).toThrow('--rows 1 --train lora');
  const short = { ...settings, train: 'lora', rows: 1, length: settings.length / 2 } as const;
  expect(() => fits(healBytes(configs, short) + 601e6)).toThrow('--rows 1 --train lora --length 256');
  expect(() => fits(1e9)).toThrow('No option makes it fit');
  expect(() => assertHealFits(configs, settings, { elsewhere: 'workers' }, { limit: 1 })).not.toThrow();
});
