import { cpus, release } from 'node:os';
import { Command } from '@commander-js/extra-typings';
import { formatBytes } from '../../format.js';
import type { Terminal } from '../../terminal.js';
import { version } from '../../version.js';
import { advice, type Findings } from './advice.js';
import { findOut } from './find-out.js';

const gigaflops = (rate: number): string => `${Math.round(rate / 1e9)} GFLOP/s`;

function report(found: Findings): string[] {
  const { cores, memoryBytes, freeBytes, gpus, tensorFlow, rates } = found;
  const processor = cpus()[0]?.model.trim() ?? 'unknown processor';
  const working =
    'failure' in tensorFlow ? 'tfjs WASM backend' : `${tensorFlow.description}, from ${tensorFlow.library}`;
  const half = rates.bfloat16 === undefined ? '' : `, ${gigaflops(rates.bfloat16)} in bfloat16`;
  return [
    `grasp     ${version}, Node ${process.versions.node}, ${process.platform} ${release()} ${process.arch}`,
    `machine   ${processor}, ${cores} usable cores`,
    `memory    ${formatBytes(memoryBytes)}, ${formatBytes(freeBytes)} of it free`,
    `GPU       ${gpus.join(', ') || 'none'}`,
    `engine    ${working}`,
    `products  ${gigaflops(rates.float32)} in float32${half}`,
  ];
}

export const doctorCommand = (terminal: Terminal) =>
  new Command('doctor')
    .description('show engine, machine and rates, and what would be faster')
    .option('--json', 'one JSON document instead of text')
    .action(async ({ json }) => {
      const found = await findOut(terminal);
      const lines = advice(found);
      if (json) return terminal.print(JSON.stringify({ grasp: version, ...found, advice: lines }, null, 2));
      for (const line of report(found)) terminal.print(line);
      terminal.print(lines.length > 0 ? '\nWhat would help:' : '\nNothing to improve here.');
      for (const line of lines) terminal.print(`- ${line}`);
    });
