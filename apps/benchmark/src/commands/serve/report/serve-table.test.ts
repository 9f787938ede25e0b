import { describe, expect, it } from 'vitest';
import type { Serving } from '../serving.js';
import { serveSvg } from './charts.js';
import type { ServeReport } from './serve-report.js';
import { serveTable } from './serve-table.js';
import { serveMarkdown, serveText } from './write-serving.js';

const serving = (prefillTokensPerSecond: number, residentBytes?: number): Serving => ({
  startSeconds: 0.5,
  prefillTokensPerSecond,
  decodeTokensPerSecond: 10,
  levels: [
    { concurrency: 1, requestsPerSecond: 0.5, tokensPerSecond: 4, timeToFirstToken: 0.25 },
    { concurrency: 4, requestsPerSecond: 1, tokensPerSecond: 8, timeToFirstToken: 1 },
  ],
  residentBytes,
  kvCacheBytesPerToken: 2048,
});
const served = (name: string, prefill: readonly number[]) => ({
  name,
  bytes: 2 ** 21,
  servings: prefill.map((speed) => serving(speed, 2 ** 20)),
});
const report: ServeReport = {
  machine: 'a machine',
  load: { prompt: 100, tokens: 28, concurrency: [1, 4], requests: 2, threads: 1 },
  models: ['dense', 'pruned', 'a.gguf'],
  runtimes: [
    {
      name: 'llama.cpp',
      description: 'release 1',
      models: [
        served('dense', [100, 50, 90]),
        served('pruned', [200, 125, 180]),
        served('a.gguf', [1, 1, 1]),
      ],
    },
    {
      name: 'vllm',
      description: 'release 2',
      models: [served('dense', [150, 75, 40]), served('pruned', [300, 150, 80])],
    },
  ],
  missing: ['a.gguf in vllm: no config'],
};
const row = (title: string, runtime: string, given = report) =>
  serveTable(given)
    .rows.find(([first, second]) => first?.startsWith(title) && second === runtime)
    ?.slice(2);

describe('serveTable', () => {
  it('shows medians, the runtimes beside each other, and what is absent', () => {
    expect(serveTable(report).head).toEqual(['', 'runtime', 'dense', 'pruned', 'a.gguf']);
    expect(row('prefill', 'llama.cpp')).toEqual(['90.0', '180.0 (× 2.00)', '1.0 (× 0.01)']);
    expect(row('requests/s, 4', 'vllm')).toEqual(['1.000', '1.000 (× 1.00)', '–']);
    // 4 requests of 128 tokens of 2 KiB.
    expect(row('KV cache in all', 'vllm')?.[0]).toBe('1.0');
    const [first, second] = serveTable(report).rows;
    expect([first?.[1], second?.[1]]).toEqual(['llama.cpp', 'vllm']);
  });

  it('compares within rounds', () => {
    // The ratio of the medians would be 2 too, but not here: 1.6.
    const slowing = {
      ...report.runtimes[1]!,
      models: [served('dense', [150, 75, 40]), served('pruned', [300, 120, 80])],
    };
    expect(row('prefill', 'vllm', { ...report, runtimes: [slowing] })?.[1]).toBe('120.0 (× 2.00)');
  });

  it('compares only where both were measured, and leaves out memory that the system does not tell', () => {
    const dense = { ...served('dense', []), servings: [serving(1), serving(1)] };
    const alone = { ...report.runtimes[1]!, models: [dense, served('pruned', [1, 2])] };
    expect(row('memory', 'vllm', { ...report, runtimes: [alone] })).toEqual(['–', '1', '–']);
  });
});

describe('a report of servings', () => {
  it('says what was measured how, and what was not', () => {
    for (const text of [serveMarkdown(report), serveText(report)]) {
      expect(text).toContain('Medians of 3 rounds');
      expect(text).toContain('llama.cpp: release 1.');
      expect(text).toContain('1 thread computes');
      expect(text).toContain('a.gguf in vllm: no config');
    }
  });

  it('draws both runtimes over the number of requests, if there are several', () => {
    const svg = serveSvg(report)!;
    expect(svg.match(/aria-label="[^"]*"/g)).toEqual([
      'aria-label="requests/s, llama.cpp"',
      'aria-label="first token, s, llama.cpp"',
      'aria-label="requests/s, vllm"',
      'aria-label="first token, s, vllm"',
    ]);
    expect(serveSvg({ ...report, load: { ...report.load, concurrency: [4] } })).toBeUndefined();
    // While the first round is under way, a runtime has nothing yet.
    const later = { ...report.runtimes[1]!, models: [served('dense', []), served('pruned', [])] };
    expect(serveSvg({ ...report, runtimes: [report.runtimes[0]!, later] })).not.toContain('vllm');
    expect(row('prefill', 'vllm', { ...report, runtimes: [later] })).toEqual(['–', '–', '–']);
  });
});
