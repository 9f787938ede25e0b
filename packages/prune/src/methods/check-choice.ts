import { METHODS } from '../settings/methods.js';
import type { PruneSettings } from '../settings/schema.js';
import { SettingsError } from '../settings/settings-error.js';

/** @throws SettingsError if masks should come from the paper's greedy prefix, and units are not chosen by gates. */
export function checkRule({ projection, choice }: Pick<PruneSettings, 'projection' | 'choice'>): void {
  if (projection.rule !== 'paper' || choice === 'gates') return;
  throw new SettingsError(
    `projection.rule paper projects the scores of gates; found choice ${choice}. ` +
      'Leave out projection.rule paper, or use choice gates.',
    ['projection.rule', 'choice'],
  );
}

/**
 * Checks settings that exclude each other.
 *
 * @throws SettingsError if units are chosen in two ways, or in another way than a setting needs, or if weights would be
 *   tuned without the biases that the refit changes.
 */
export function checkChoice(
  settings: Pick<PruneSettings, 'method' | 'projection' | 'choice' | 'importance' | 'refit' | 'scales'>,
): void {
  checkRule(settings);
  const { method, choice, importance, refit, scales } = settings;
  // The other methods are settings of which the choice is one.
  if (METHODS[method].choice === method && choice !== method && choice !== 'given') {
    throw new SettingsError(
      `method ${method} and choice ${choice}: each chooses all units. Give one of them.`,
      ['method', 'choice'],
    );
  }
  if (refit.mode === 'bias' && scales.epochs > 0) {
    throw new SettingsError(
      `refit.mode bias and scales.epochs ${scales.epochs}: tuning does not see the new biases. Use scales.epochs 0.`,
      ['refit.mode', 'scales.epochs'],
    );
  }
  // A given mask may have been chosen so.
  if (importance.within !== 'obs' || choice === 'importance' || choice === 'given') return;
  throw new SettingsError(
    `importance.within ${importance.within} needs the layer counts of choice importance; found choice ${choice}. ` +
      'Add choice importance, which is the default of method grasp+.',
    ['importance.within', 'choice'],
  );
}
