import type { ProgramRunner } from '../programs/run-program.js';
import { accuracy, type Score } from '../scoring/accuracy.js';
import { checkingProgram, functionBody } from './completions.js';
import type { CodeProblem } from './problems.js';

/** The result of one problem. */
export interface HumanEvalItem {
  readonly kind: 'item';
  readonly id: string;
  /** What was run behind the prompt. */
  readonly completion: string;
  readonly passed: boolean;
  /** `passed`, `timed out`, or `failed: …` */
  readonly outcome: string;
}

export interface HumanEvalSummary {
  readonly kind: 'summary';
  readonly items: number;
  /** Share of problems whose one completion passes, with its standard error. */
  readonly passAt1: Score;
}

export interface HumanEvalOptions {
  /** Results of an earlier run of the same model. Their problems are not run again. */
  readonly earlier?: readonly HumanEvalItem[];
  readonly signal?: AbortSignal;
}

/**
 * pass@1 of one completion per problem. Yields each result, the earlier ones too, then the summary.
 *
 * @param complete the greedy continuation of a prompt, at least up to the end of the function
 */
export async function* evaluateHumanEval(
  problems: readonly CodeProblem[],
  complete: (prompt: string) => Promise<string>,
  runner: Pick<ProgramRunner, 'run'>,
  { earlier = [], signal }: HumanEvalOptions = {},
): AsyncGenerator<HumanEvalItem | HumanEvalSummary, void> {
  const known = new Map(earlier.map((item) => [item.id, item]));
  const passed: boolean[] = [];
  for (const problem of problems) {
    const item = known.get(problem.id) ?? (await solve(problem));
    passed.push(item.passed);
    yield item;
  }
  yield { kind: 'summary', items: passed.length, passAt1: accuracy(passed) };

  async function solve(problem: CodeProblem): Promise<HumanEvalItem> {
    const completion = functionBody(await complete(problem.prompt));
    const result = await runner.run(checkingProgram(problem, completion), signal);
    return { kind: 'item', id: problem.id, completion, ...result };
  }
}
