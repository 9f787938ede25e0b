import { createBudget, projectGreedyPrefix } from '@grasp/budget';
import type { Decoder } from '@grasp/decoder';
import { adamW, type GateOptions, gateProbabilities, initialGateState, learnGates } from '@grasp/gates';
import { compare, compareMasks, compareUnits, type Finding, worst } from '../finding.js';
import type { Reference } from '../reference/reference-folder.js';
import { unitVector } from '../reference/units.js';
import { tolerances } from '../tolerances.js';

/** The optimizer of both stages of a trace. */
export const traceOptimizer = ({ lr, betas, eps }: Reference['trace']['settings']) =>
  adamW({ learningRate: lr, betas, epsilon: eps });

/** Part of logits `[rows, T, V]`: first positions of the first row, first token ids. */
function corner(
  logits: Float32Array,
  vocabulary: number,
  expected: readonly (readonly number[])[],
): number[] {
  return expected.flatMap((row, t) => [...logits.subarray(t * vocabulary, t * vocabulary + row.length)]);
}

/** Learns the gates from the trace's initial scores and compares every step. */
export async function replayGates({ trace, batchAt }: Reference, decoder: Decoder): Promise<Finding[]> {
  const { settings, gates } = trace;
  const { layout } = decoder;
  const costs = { ffn: settings.cost_ffn, kv: settings.cost_kv };
  const budget = createBudget(layout, { keep: settings.keep_ratio, costs });
  const project = (p: Float32Array) => projectGreedyPrefix(p, layout, budget);
  const options: GateOptions = {
    steps: gates.steps.length,
    chooseMask: project,
    temperature: settings.tau,
    optimizer: traceOptimizer(settings),
    initialScores: unitVector(gates.initial_scores),
  };
  const state = initialGateState(decoder, options);
  const masks: Finding[] = [];
  const gradients: Finding[] = [];
  const logits: Finding[] = [];
  for await (const record of learnGates(decoder, batchAt, options, state)) {
    const expected = gates.steps[record.step]!;
    const of = `step ${record.step + 1}`;
    if (expected.masks) masks.push(compareMasks(`mask, ${of}`, record.mask, unitVector(expected.masks)));
    if (expected.grads) {
      gradients.push(
        compareUnits(
          'gate gradients',
          layout,
          record.gradients.gates,
          unitVector(expected.grads),
          tolerances.gateGradients,
        ),
      );
    }
    if (expected.logits_head) {
      const all = await decoder.under({ gates: Float32Array.from(record.mask) }).logits(batchAt(record.step));
      const found = corner(all, decoder.config.vocabSize, expected.logits_head);
      logits.push(compare('masked logits', found, expected.logits_head.flat(), tolerances.logits));
    }
  }
  const finalMask = project(gateProbabilities(state.parameters.gates!, settings.tau));
  const expectedMask = unitVector(gates.final_masks);
  const { loss } = await decoder.lossAndGateGradients(batchAt(0), expectedMask, { units: 'kept' });
  return [
    ...(logits.length > 0 ? [worst(logits)] : []),
    compare(
      'loss per step',
      state.losses,
      gates.steps.map((step) => step.loss),
      tolerances.loss,
    ),
    ...(gradients.length > 0 ? [worst(gradients)] : []),
    ...masks,
    compare(
      'final scores',
      state.parameters.gates!,
      unitVector(gates.final_scores),
      tolerances.scores,
      'absolute',
    ),
    compareMasks('final mask', finalMask, expectedMask),
    compare('loss under the final mask', [loss], [gates.loss_batch0_under_final_masks], tolerances.loss),
  ];
}
