import { Command, Option } from '@commander-js/extra-typings';
import { type BackendName, openEngine } from '@grasp/prune';
import { assertApart } from '../../shared/files/assert-apart.js';
import { writeFiles } from '../../shared/files/write-files.js';
import { markdownTable } from '../../shared/tables/markdown-table.js';
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

const COLUMNS = ['quantity', 'largest difference', 'allowed', ''];

const row = (finding: Finding): string[] => [
  finding.quantity,
  shown(finding),
  String(finding.allowed),
  passes(finding) ? 'ok' : 'BEYOND',
];

/** 1 quantity agrees; 2 quantities agree */
const quantities = (count: number, verb: string): string =>
  count === 1 ? `1 quantity ${verb}s` : `${count} quantities ${verb}`;

/** Findings of one trace on one engine, or of one file of projections. */
interface VerifiedPart {
  readonly title: string;
  readonly findings: readonly Finding[];
}

/** The verdict and all findings, as JSON and as Markdown. */
function reportFiles(parts: readonly VerifiedPart[], verdict: string): Record<string, string> {
  const tables = parts.map(
    ({ title, findings }) => `${title}\n\n${markdownTable(COLUMNS, findings.map(row))}`,
  );
  return {
    'verify.json': `${JSON.stringify({ verdict, parts }, undefined, 2)}\n`,
    'verify.md': `# Verification\n\n${[verdict, ...tables].join('\n\n')}\n`,
  };
}

export const verifyCommand = () =>
  new Command()
    .argument('<paths...>', 'trace folders, folders of them, and projection files')
    .addOption(new Option('--backend <name>', 'default: all, one after the other').choices(backends))
    .option('--report <folder>', 'folder for verify.json and verify.md')
    .action(async (paths, { backend, report: folder }) => {
      if (folder !== undefined) await assertApart(folder, paths, 'report');
      const all: Finding[] = [];
      const parts: VerifiedPart[] = [];
      const report = (title: string, findings: readonly Finding[]) => {
        console.log(`\n${title}\n${terminalTable(COLUMNS, findings.map(row))}`);
        all.push(...findings);
        parts.push({ title, findings });
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
      const verdict = `${quantities(all.length - beyond, 'agree')}, ${beyond} ${beyond === 1 ? 'does' : 'do'} not`;
      console.log(`\n${verdict}`);
      if (folder !== undefined) await writeFiles(folder, reportFiles(parts, verdict));
      if (beyond > 0)
        throw new BeyondToleranceError(
          `${quantities(beyond, 'differ')} from the reference by more than is allowed.`,
        );
    });
