import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkingProgram, functionBody, HUMANEVAL_STOPS } from './completions.js';
import { evaluateHumanEval, type HumanEvalItem } from './evaluate-humaneval.js';
import { codeProblems } from './problems.js';

const record = (n: number) => ({
  task_id: `HumanEval/${n}`,
  prompt: `def f${n}(x):\n`,
  entry_point: `f${n}`,
  test: 'def check(candidate):\n    assert candidate(1) == 2\n',
  canonical_solution: '    return x + 1\n',
});
const file = (records: readonly object[]) =>
  gzipSync(records.map((each) => `${JSON.stringify(each)}\n`).join(''));

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const list: Item[] = [];
  for await (const item of items) list.push(item);
  return list;
}

describe('problems', () => {
  it('are read from a compressed file', () => {
    const [first, second] = codeProblems(file([record(0), record(1)]));
    expect(first).toMatchObject({ id: 'HumanEval/0', entryPoint: 'f0', solution: '    return x + 1\n' });
    expect(second!.id).toBe('HumanEval/1');
  });

  it('must be whole, and few', () => {
    expect(() => codeProblems(file([{ ...record(0), test: 3 }]))).toThrow('an item has no text in "test"');
    expect(() => codeProblems(gzipSync(Buffer.alloc(2 ** 23)))).toThrow();
  });
});

describe('functionBody', () => {
  it('ends where other code begins', () => {
    expect(functionBody('    return 1\n\n\ndef g():')).toBe('    return 1\n\n');
    expect(functionBody('    if x:\n        return 1\n    # why\n')).toBe(
      '    if x:\n        return 1\n    # why\n',
    );
  });

  it('is the same whether a server has cut the text at some of the strings already, or not', () => {
    const lines = fc.array(
      fc.constantFrom('    x', 'def g():', 'class A:', '# note', 'print(1)', 'if x:', 'y'),
    );
    fc.assert(
      fc.property(lines, fc.subarray([...HUMANEVAL_STOPS]), (parts, stops) => {
        const text = parts.join('\n');
        const ends = stops.map((stop) => text.indexOf(stop)).filter((at) => at >= 0);
        const cut = text.slice(0, Math.min(text.length, ...ends));
        expect(functionBody(cut)).toBe(functionBody(text));
      }),
    );
  });
});

describe('evaluateHumanEval', () => {
  const problems = codeProblems(file([0, 1, 2].map(record)));
  /** Passes programs in which the function returns `x + 1`. */
  const run = async (program: string) =>
    /return x \+ 1\n+def check/.test(program)
      ? { passed: true, outcome: 'passed' }
      : { passed: false, outcome: 'failed: AssertionError: ' };

  it('gives each result and pass@1', async () => {
    const complete = async (prompt: string) =>
      prompt.includes('f1') ? '    return x' : '    return x + 1\ndef g';
    const records = await all(evaluateHumanEval(problems, complete, { run }));
    expect(records.map((each) => each.kind === 'item' && each.passed)).toEqual([true, false, true, false]);
    expect(records.at(-1)).toMatchObject({ kind: 'summary', items: 3, passAt1: { value: 2 / 3 } });
  });

  it('resumes: asks for no problem that has a result', async () => {
    const asked: string[] = [];
    const complete = async (prompt: string) => {
      asked.push(prompt);
      return '';
    };
    const earlier: HumanEvalItem[] = [
      { kind: 'item', id: 'HumanEval/1', completion: 'x', passed: true, outcome: 'passed' },
    ];
    const records = await all(evaluateHumanEval(problems, complete, { run }, { earlier }));
    expect(asked).toEqual([problems[0]!.prompt, problems[2]!.prompt]);
    expect(records[1]).toBe(earlier[0]);
    expect(records.at(-1)).toMatchObject({ passAt1: { value: 1 / 3 } });
  });

  it('checks with the test of the problem', () => {
    expect(checkingProgram(problems[0]!, '    return x + 1\n')).toBe(
      'def f0(x):\n    return x + 1\n\ndef check(candidate):\n    assert candidate(1) == 2\n\ncheck(f0)',
    );
  });
});
