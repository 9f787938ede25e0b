import type { CardSettings } from './card-record.js';
import { cell } from './text.js';

const UNITS = 'FFN channels and key/value heads';

/**
 * The steps of a run with these settings, in words and in order.
 *
 * @param chosenBy name of the method, if the caller of the run gave one
 */
export function stepsOf(settings: CardSettings, chosenBy?: string): string[] {
  return [...choiceSteps(settings, chosenBy), ...refitSteps(settings), ...tuningSteps(settings)];
}

function choiceSteps(
  { choice, importance }: CardSettings,
  chosenBy = 'scores or a mask that were given',
): string[] {
  switch (choice) {
    case 'gates':
      return [
        'a gate for each FFN channel and each key/value head is learned under one budget while the weights stay as they are',
      ];
    case 'importance':
      return importance?.within === 'obs'
        ? [
            `the squared gradients of gates decide how many ${UNITS} each layer keeps under one budget`,
            'optimal brain surgeon chooses them anew within each layer',
          ]
        : [
            `${UNITS} are ranked by the squared gradients of their gates and removed in rounds under one budget`,
          ];
    case 'given':
      return [`${UNITS} are chosen by ${cell(chosenBy)}, under one budget`];
    default:
      return [`${UNITS} are ranked once by ${choice}, under one budget`];
  }
}

function refitSteps({ refit: { mode } }: CardSettings): string[] {
  if (mode === 'sequential')
    return ['the output matrices of the kept units are refitted by least squares, on the same text'];
  if (mode === 'bias')
    return [
      'the mean output of the removed units is added to the biases of the output matrices, as FLAP does',
    ];
  return [];
}

/** Scales, norms and LoRA are tuned together. */
function tuningSteps({ scales, lora, distil }: CardSettings): string[] {
  if (scales.epochs === 0) return [];
  const scaled =
    scales.targets === 'units+norms'
      ? 'each unit that is left and for each entry of a norm'
      : 'each unit that is left';
  const { rank = 0 } = lora ?? {};
  const { weight = 0 } = distil ?? {};
  return [
    `one scale for ${scaled} is calibrated and multiplied into the weights` +
      (rank > 0 ? `, with LoRA of rank ${rank} on all kept matrices, which is merged into them` : '') +
      (weight > 0 ? ` (${Math.round(100 * weight)}% of the loss is distillation from the dense model)` : ''),
  ];
}
