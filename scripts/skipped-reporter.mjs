// A vitest reporter that lists what was skipped and why, after the usual summary.
import { existsSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

const shared = process.env.GRASP_SHARED ?? resolve(import.meta.dirname, '../../shared');

const reasons = [
  {
    holds: () => !existsSync(join(shared, 'reference')),
    text: 'no reference data beside the repository (../shared, or the folder that GRASP_SHARED names)',
  },
  {
    holds: () => process.env.GRASP_TENSORFLOW_MISSING !== undefined,
    text: `no TensorFlow: ${process.env.GRASP_TENSORFLOW_MISSING}`,
  },
];

/** The outermost suite that was skipped, or the test itself: the name a reader looks for. */
function skippedName(test) {
  let name = test.name;
  for (let at = test.parent; at.type === 'suite'; at = at.parent) name = at.name;
  return name;
}

export default class SkippedReporter {
  onTestRunEnd(modules) {
    const lines = new Map();
    for (const module of modules) {
      for (const test of module.children.allTests('skipped')) {
        const note = test.result().note;
        const line = `${relative(process.cwd(), module.moduleId)}: ${skippedName(test)}${note ? ` (${note})` : ''}`;
        lines.set(line, (lines.get(line) ?? 0) + 1);
      }
    }
    if (lines.size === 0) return;
    process.stdout.write('\nSkipped:\n');
    for (const [line, count] of lines)
      process.stdout.write(`  ${line}, ${count} ${count === 1 ? 'test' : 'tests'}\n`);
    for (const { holds, text } of reasons) if (holds()) process.stdout.write(`Why: ${text}\n`);
  }
}
