import { release } from 'node:os';
import { Command } from '@commander-js/extra-typings';
import { matMulRate, openEngine } from '@grasp/prune';
import { type Diagnosis, diagnose, type Finding } from '@grasp/tensorflow';
import type { Terminal } from '../../shared/terminal.js';
import { version } from '../../shared/version.js';

/** Floating-point operations per second in matrix products. */
interface Rates {
  readonly backend: string;
  readonly float32: number;
  readonly bfloat16?: number;
}

/** Shape for measuring rates: the FFN of a small model. */
const shape = { hiddenSize: 1024, layers: [{ channels: 4096, kvHeads: 1 }] };

/** Measures the backend that would be used now. Downloads nothing. */
async function measureRates({ info }: Diagnosis): Promise<Rates> {
  const engine = await openEngine({ backend: info ? 'tensorflow' : 'wasm' });
  const float32 = await matMulRate(engine, shape);
  if (!engine.runtime.bfloat16) return { backend: engine.backend, float32 };
  return { backend: engine.backend, float32, bfloat16: await matMulRate(engine, shape, 'bfloat16') };
}

const marks = { ok: 'ok      ', advice: 'advice  ', problem: 'PROBLEM ' };

const line = ({ level, message, remedy }: Finding): string =>
  `${marks[level]}${message}${remedy === undefined ? '' : ` ${remedy}`}`;

function ratesLine({ backend, float32, bfloat16 }: Rates): string {
  const giga = (rate: number) => `${Math.round(rate / 1e9)} GFLOP/s`;
  const half = bfloat16 === undefined ? '' : `, ${giga(bfloat16)} in bfloat16`;
  return `${marks.ok}Matrix products on ${backend}: ${giga(float32)} in float32${half}.`;
}

export const doctorCommand = (terminal: Terminal) =>
  new Command().option('--json', 'print one JSON document instead of text').action(async ({ json }) => {
    const diagnosis = await diagnose();
    const rates = await measureRates(diagnosis);
    if (json) return terminal.print(JSON.stringify({ grasp: version, ...diagnosis, rates }, null, 2));
    terminal.print(
      `grasp ${version}, Node ${process.versions.node}, ${process.platform} ${release()} ${process.arch}`,
    );
    for (const finding of diagnosis.findings) terminal.print(line(finding));
    terminal.print(ratesLine(rates));
    if (!diagnosis.usable)
      terminal.print(`${marks.advice}Until then, the WASM backend is used; it is many times slower.`);
  });
