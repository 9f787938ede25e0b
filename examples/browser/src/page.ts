import { budgetFromKeepRatio, maskCost, projectExact } from '@grasp/budget';
import { gateProbabilities, initialGateState, learnGates } from '@grasp/gates';
import * as tf from '@tensorflow/tfjs-core';
import { startBackend } from './backend.js';
import { addCells, drawMap, drawNeurons, mapPlaces } from './draw.js';
import { batchOf, Network, WIDTH } from './network.js';
import { spirals } from './spirals.js';

const TRAINING_STEPS = 300;
const GATE_STEPS = 160;
/** Steps between two looks at the network. */
const SHOW_EVERY = 12;
const TEMPERATURE = 0.5;

const element = <E extends HTMLElement>(id: string) => document.getElementById(id) as E;
const map = element<HTMLCanvasElement>('map');
const keep = element<HTMLInputElement>('keep');
const start = element<HTMLButtonElement>('start');
const rows = [element('first'), element('second')];
const say = (id: string, text: string) => {
  element(id).textContent = text;
};
const percent = (share: number) => `${(100 * share).toFixed(1)}%`;
const nextFrame = () => new Promise((resolve) => requestAnimationFrame(resolve));

addEventListener('error', ({ message }) => say('status', `stopped: ${message}`));
addEventListener('unhandledrejection', ({ reason }) => say('status', `stopped: ${reason}`));

const backend = await startBackend(new URLSearchParams(location.search).get('backend'));
say('backend', backend);
for (const row of rows) addCells(row, WIDTH);

const points = spirals(400, 1);
const batch = batchOf(points);
const everywhere = tf.tensor2d(mapPlaces(), [mapPlaces().length / 2, 2]);
const network = new Network(2);
const { layout } = network;
const all = new Uint8Array(layout.size).fill(1);

/** Shows the network with the neurons of a mask; returns its accuracy. */
async function show(
  mask: Uint8Array,
  p: Float32Array = new Float32Array(layout.size).fill(1),
): Promise<number> {
  const gates = Float32Array.from(mask);
  drawMap(map, await network.answer(everywhere, gates), points);
  drawNeurons(rows, p, mask);
  await nextFrame();
  return network.accuracy(batch, gates);
}

/** Trains all neurons' weights, once. */
async function train(): Promise<void> {
  const optimizer = tf.train.adam(0.006);
  for (let step = 1; step <= TRAINING_STEPS; step++) {
    network.trainStep(batch, optimizer);
    if (step % (2 * SHOW_EVERY) !== 0) continue;
    const accuracy = await show(all);
    say('status', `training, ${percent(step / TRAINING_STEPS)}`);
    say('dense', percent(accuracy));
  }
  optimizer.dispose();
}

/** Learns which neurons to keep under the slider's budget; the weights stay as they are. */
async function prune(): Promise<void> {
  const budget = budgetFromKeepRatio(layout, Number(keep.value));
  const options = {
    steps: GATE_STEPS,
    chooseMask: (p: Float32Array) => projectExact(p, layout, budget),
    temperature: TEMPERATURE,
  };
  const state = initialGateState(network, options);
  for await (const { step, mask, loss, keptCost } of learnGates(network, () => batch, options, state)) {
    if (step % SHOW_EVERY !== 0 && step + 1 < GATE_STEPS) continue;
    const accuracy = await show(mask, gateProbabilities(state.parameters.gates!, TEMPERATURE));
    say('status', `learning gates, step ${step + 1} of ${GATE_STEPS}, loss ${loss.toFixed(3)}`);
    say('pruned', percent(accuracy));
    say('kept', `${mask.filter((bit) => bit === 1).length} of ${layout.size}`);
    say('cost', `${percent(keptCost / maskCost(layout, all))} of ${percent(Number(keep.value))} allowed`);
  }
  say('status', 'done: choose another budget and prune again');
}

keep.addEventListener('input', () => say('budget', percent(Number(keep.value))));
start.addEventListener('click', async () => {
  start.disabled = true;
  await prune();
  start.disabled = false;
});

await train();
await prune();
start.disabled = false;
document.body.dataset.ready = 'true';
