/** The script of a run's report: projects the scores of the run again when the budget moves, with `@grasp/budget`. */
import { decodeLiveRun } from '../src/live/live-run.js';
import { liveViews } from '../src/live/live-views.js';
import { maskAt } from '../src/live/scored-units.js';

const find = <Found extends Element>(selector: string): Found => {
  const found = document.querySelector<Found>(selector);
  if (!found) throw new Error(`The report has no ${selector}.`);
  return found;
};

const run = decodeLiveRun(find('#run').textContent ?? '');
const slider = find<HTMLInputElement>('#keep');
const share = find<HTMLOutputElement>('#share');

function show(mask: Uint8Array): void {
  share.value = `${Number(slider.value).toFixed(1)}%`;
  slider.setAttribute('aria-valuetext', share.value);
  for (const [id, html] of Object.entries(liveViews(run, mask))) find(`#${id}`).innerHTML = html;
}

let waiting = false;
slider.addEventListener('input', () => {
  // A drag reports more positions than there are frames.
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    show(maskAt(run.units, Number(slider.value) / 100));
  });
});
find('#back').addEventListener('click', () => {
  slider.value = slider.defaultValue;
  show(run.mask);
});
find<HTMLElement>('#budget').hidden = false;
