import type { CodeProblem } from './problems.js';

/** Where the body of a function ends: the beginnings of further code, as in the paper of HumanEval. */
export const HUMANEVAL_STOPS: readonly string[] = ['\nclass', '\ndef', '\n#', '\nif', '\nprint'];

/** A completion up to the first of {@link HUMANEVAL_STOPS}. */
export function functionBody(completion: string): string {
  const ends = HUMANEVAL_STOPS.map((stop) => completion.indexOf(stop)).filter((at) => at >= 0);
  return completion.slice(0, Math.min(completion.length, ...ends));
}

/** The program that passes if a completion solves its problem. */
export const checkingProgram = ({ prompt, test, entryPoint }: CodeProblem, completion: string): string =>
  `${prompt}${completion}\n${test}\ncheck(${entryPoint})`;
