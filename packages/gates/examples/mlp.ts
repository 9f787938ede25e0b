/** Another model than a decoder: prune the hidden units of a two-layer network written in plain arrays. */
import { budgetFromKeepRatio, createLayout, projectExact } from '@grasp/budget';
import { epochOrder, type GatedModel, initialGateState, learnGates, maskFromScores } from '@grasp/gates';

/** An input and the output it should give. */
type Sample = readonly [x: number, target: number];

/** `output = Σ_j gate_j · out_j · tanh(x − at_j)`, with its loss `mean (output − target)² / 2`. */
class Network implements GatedModel<readonly Sample[]> {
  readonly layout;

  constructor(
    readonly at: readonly number[],
    readonly out: readonly number[],
  ) {
    this.layout = createLayout([{ layer: 0, kind: 'hidden', count: out.length, cost: 2 }]);
  }

  async lossAndGateGradients(batch: readonly Sample[], gates: Float32Array) {
    const gradients = new Float32Array(gates.length);
    let loss = 0;
    for (const [x, target] of batch) {
      const parts = this.out.map((weight, j) => weight * Math.tanh(x - this.at[j]!));
      const error = parts.reduce((sum, part, j) => sum + gates[j]! * part, 0) - target;
      loss += error ** 2 / (2 * batch.length);
      for (const [j, part] of parts.entries()) gradients[j]! += (error * part) / batch.length;
    }
    return { loss, gradients };
  }
}

// The target needs the units at −2 and 2; what the others do cancels out when all are there.
const network = new Network([-2, -0.5, 0.5, 2], [1, 0.5, -0.5, -1]);
const samples = Array.from({ length: 64 }, (_, i): Sample => {
  const x = i / 8 - 4;
  return [x, Math.tanh(x + 2) - Math.tanh(x - 2)];
});

const { rowsAt, stepsPerEpoch } = epochOrder(samples.length, 8, 42);
const batchAt = (step: number) => Array.from(rowsAt(step), (row) => samples[row]!);
const budget = budgetFromKeepRatio(network.layout, 0.5);
const options = {
  steps: 10 * stepsPerEpoch,
  chooseMask: (p: Float32Array) => projectExact(p, network.layout, budget),
};

const state = initialGateState(network, options);
for await (const { step, loss } of learnGates(network, batchAt, options, state)) {
  if (step > 20 && loss < 1e-6) break; // a clean stop: the state could go on from here
}
export const mask = maskFromScores(state, options); // [1, 0, 0, 1]
