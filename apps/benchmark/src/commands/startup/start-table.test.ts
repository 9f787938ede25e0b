import { expect, it } from 'vitest';
import { measureStarts } from './measure-starts.js';
import { startTable } from './start-table.js';

const starts = [
  { title: 'node -e 0', argv: undefined },
  { title: 'grasp --help', argv: ['main.js', '--help'], limit: 0.25 },
] as const;

it('shows medians, and compares within rounds', () => {
  const rounds = [
    [0.1, 0.15],
    [0.05, 0.1],
    [0.2, 0.5],
  ];
  expect(startTable(starts, rounds).rows).toEqual([
    ['node -e 0', '0.100', '', '× 1.00'],
    ['grasp --help', '0.150', '0.25', '× 2.00'],
  ]);
});

it('measures each command once a round, and says which one failed', async () => {
  const rounds: number[][] = [];
  for await (const round of measureStarts(starts.slice(0, 1), 2)) rounds.push(round);
  expect(rounds).toHaveLength(2);
  expect(rounds.flat().every((seconds) => seconds > 0)).toBe(true);
  const missing = [{ title: 'grasp', argv: ['/no/such/main.js'] }] as const;
  await expect(measureStarts(missing, 1).next()).rejects.toThrow(/^grasp failed:/);
});
