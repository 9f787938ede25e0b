import { Command, Option } from '@commander-js/extra-typings';
import { type BackendName, openEngine } from '@grasp/prune';
import { terminalTable } from '../../shared/tables/terminal-table.js';
import { checkFolder } from './check.js';
import { type Finding, passes } from './finding.js';
import { checkProjections } from './projections.js';
import { findReferences } from './reference/find-references.js';

/** Some quantities differ from the reference by more than is allowed. */
class BeyondToleranceError extends Error {
  override readonly name = 'BeyondToleranceError';
  readonly code = 'GRASP_BEYOND_TOLERANCE';
}

const backends: readonly BackendName[] = ['tensorflow', 'wasm'];

const shown = ({ largest, measure }: Finding): string => {
  if (measure === 'units') return `${largest} differ`;
  return largest === 0 ? '0' : `${largest.toExponential(1)} ${measure}`;
};

function table(findings: readonly Finding[]): string {
  const rows = findings.map((finding) => [
    finding.quantity,
    shown(finding),
    finding.allowed,
    passes(finding) ? 'ok' : 'BEYOND',
  ]);
  return terminalTable(['quantity', 'largest difference', 'allowed', ''], rows);
}

export const verifyCommand = () =>
  new Command()
    .argument('<paths...>', 'trace folders, folders of them, and projection files')
    .addOption(new Option('--backend <name>', 'default: all, one after the other').choices(backends))
    .action(async (paths, { backend }) => {
      const all: Finding[] = [];
      const report = (title: string, findings: readonly Finding[]) => {
        console.log(`\n${title}\n${table(findings)}`);
        all.push(...findings);
      };
      const references = (await Promise.all(paths.map(findReferences))).flat();
      for (const { path, kind } of references) {
        if (kind === 'projections') report(path, await checkProjections(path));
      }
      const traces = references.filter(({ kind }) => kind === 'trace');
      for (const name of traces.length === 0 ? [] : backend === undefined ? backends : [backend]) {
        const engine = await openEngine({ backend: name });
        for (const { path } of traces) {
          report(`${path} on ${engine.description}`, await checkFolder(path, engine));
        }
      }
      const beyond = all.filter((finding) => !passes(finding)).length;
      console.log(`\n${all.length - beyond} quantities agree, ${beyond} do not`);
      if (beyond > 0)
        throw new BeyondToleranceError(
          `${beyond} quantities differ from the reference by more than is allowed.`,
        );
    });
