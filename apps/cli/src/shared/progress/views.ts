import type { Layout } from '@grasp/budget';
import type { PruneEvent } from '@grasp/prune';
import { MultiBar, Presets, type SingleBar } from 'cli-progress';
import { describeEvent, describePace } from './describe-event.js';
import { keptByDepth } from './kept-by-depth.js';
import { Pace } from './pace.js';

/** Shows the progress of a run. */
export interface ProgressView {
  show(event: PruneEvent): void;
  /** Removes the bars from the terminal. */
  stop(): void;
}

/** A live bar for the current stage; while units are chosen, a second line shows the kept shares. */
export function barView(stream: NodeJS.WriteStream, layout: Layout): ProgressView {
  const options = { stream, clearOnComplete: true, hideCursor: true, fps: 8, linewrap: false };
  const bars = new MultiBar(
    { ...options, format: '{label} {bar} {value}/{total}  {detail}' },
    Presets.shades_grey,
  );
  let current: { label: string; pace: Pace; bar: SingleBar; kept: SingleBar | undefined } | undefined;
  const clear = () => {
    if (!current) return;
    bars.remove(current.bar);
    if (current.kept) bars.remove(current.kept);
    current = undefined;
  };
  return {
    show(event) {
      const view = describeEvent(event);
      if (current?.label !== view.label) {
        clear();
        const bar = bars.create(view.total, 0, { label: view.label, detail: '' });
        const kept = 'kept' in event ? bars.create(1, 0, { kept: '' }, { format: '{kept}' }) : undefined;
        current = { label: view.label, pace: new Pace(), bar, kept };
      }
      current.pace.step(view);
      current.bar.update(view.done, { detail: describePace(view, current.pace) });
      if ('kept' in event) current.kept?.update(1, { kept: keptByDepth(layout, event.kept) });
    },
    stop() {
      clear();
      bars.stop();
    },
  };
}

/** Share of a stage between two lines. */
const LINE_EVERY = 0.1;

/** A plain line at the start of a stage and at every tenth, for logs. */
export function lineView(note: (line: string) => void, layout: Layout): ProgressView {
  let current: { label: string; pace: Pace; shown: number } | undefined;
  return {
    show(event) {
      if (event.stage === 'load' || event.stage === 'write' || event.stage === 'verify') return;
      const view = describeEvent(event);
      if (current?.label !== view.label)
        current = { label: view.label, pace: new Pace(), shown: -LINE_EVERY };
      current.pace.step(view);
      const share = view.done / view.total;
      if (share < current.shown + LINE_EVERY && view.done < view.total) return;
      current.shown = share;
      const kept = 'kept' in event ? `, ${keptByDepth(layout, event.kept)}` : '';
      const detail = `${describePace(view, current.pace)}${kept}`;
      note(`${view.label} ${view.done}/${view.total}${detail === '' ? '' : `: ${detail}`}`);
    },
    stop() {},
  };
}
