import { hashOf } from '@grasp/checkpoint';
import type { PruneSettings } from '../settings/schema.js';
import { checkRule } from './check-choice.js';
import { MethodError } from './errors.js';
import type { PruningMethod } from './pruning-method.js';
import { rivals } from './rivals.js';

/** What a caller may give in place of a built-in choice. At most one of them. */
export interface GivenChoice {
  /** A method of the caller's. */
  readonly method?: PruningMethod;
  /** One score per unit, float32 `[layout.size]`; higher ones are kept. */
  readonly scores?: Float32Array;
  /** 1 for each kept unit, `[layout.size]`. It has to meet the budgets. */
  readonly mask?: Uint8Array;
}

/** The method of the caller, if there is one. @throws MethodError if there are several. */
export function givenMethod({ method, scores, mask }: GivenChoice): PruningMethod | undefined {
  const given = Object.entries({ method, scores, mask }).filter(([, value]) => value !== undefined);
  if (given.length > 1) {
    throw new MethodError(
      `Give one of ${given.map(([name]) => name).join(' and ')}: each chooses all units.`,
    );
  }
  if (scores) {
    return {
      name: `given scores ${hashOf(scores).slice(0, 16)}`,
      needs: 'nothing',
      score: async () => scores,
    };
  }
  if (mask)
    return { name: `given mask ${hashOf(mask).slice(0, 16)}`, needs: 'nothing', mask: async () => mask };
  return method;
}

/**
 * A job whose settings say that the caller chooses, if the caller does.
 *
 * @throws MethodError if there are several choices; SettingsError if the settings ask for the paper's projection.
 */
export function withGivenChoice<Job extends GivenChoice & { readonly settings: PruneSettings }>(
  job: Job,
): Job {
  if (!givenMethod(job)) return job;
  const settings: PruneSettings = { ...job.settings, choice: 'given' };
  checkRule(settings);
  return { ...job, settings };
}

/** The method that settings and caller ask for; undefined if the units are learned by gates or importance. */
export function methodOf(
  { choice }: Pick<PruneSettings, 'choice'>,
  given: GivenChoice,
): PruningMethod | undefined {
  if (choice === 'gates' || choice === 'importance') return undefined;
  const method = choice === 'given' ? givenMethod(given) : rivals[choice];
  if (method) return method;
  throw new MethodError(
    'choice "given" needs a method, scores or a mask from the caller of prune. None was given.',
  );
}
