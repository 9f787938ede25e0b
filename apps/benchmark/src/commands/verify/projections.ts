import { createBudget, maskCost, projectGreedyPrefix } from '@grasp/budget';
import { gateProbabilities } from '@grasp/gates';
import { compare, compareMasks, type Finding, worst } from './finding.js';
import { readProjections } from './reference/reference-folder.js';
import { layoutOf, unitVector } from './reference/units.js';

/** Projects the scores of every case in a projection file, and compares masks and costs. */
export async function checkProjections(path: string): Promise<Finding[]> {
  const cases = await readProjections(path);
  const findings = cases.map((reference) => {
    const layout = layoutOf(reference.scores, { ffn: reference.cost_ffn, kv: reference.cost_kv });
    const budget = createBudget(layout, { keep: reference.keep_ratio });
    const probabilities = gateProbabilities(unitVector(reference.scores), reference.tau);
    const mask = projectGreedyPrefix(probabilities, layout, budget);
    const [kept, total] = [maskCost(layout, mask), layout.totalCost];
    const [expectedKept, expectedTotal] = [reference.kept_cost, reference.total_cost];
    return {
      masks: compareMasks(`masks of ${cases.length} projections`, mask, unitVector(reference.masks)),
      costs: compare('kept and total cost', [kept, total], [expectedKept, expectedTotal], 1e-6),
      over: compareMasks(
        'whether the budget is exceeded',
        Uint8Array.of(kept > budget.limit * (1 + 1e-6) ? 1 : 0),
        [reference.over_budget ? 1 : 0],
      ),
    };
  });
  return [
    worst(findings.map(({ masks }) => masks)),
    worst(findings.map(({ costs }) => costs)),
    worst(findings.map(({ over }) => over)),
  ];
}
