import { execa } from 'execa';
import { gpuNames } from '../../shared/timing/machine.js';

/** An NVIDIA card. */
export interface Card {
  readonly name: string;
  /** Undefined if the driver cannot be asked. */
  readonly driver?: string;
  readonly totalBytes?: number;
  readonly freeBytes?: number;
}

const FIELDS = 'name,driver_version,memory.total,memory.free';

/** The first card of this machine, if it has one. */
export async function findCard(): Promise<Card | undefined> {
  const query = [`--query-gpu=${FIELDS}`, '--format=csv,noheader,nounits'];
  const { stdout, failed } = await execa('nvidia-smi', query, { reject: false });
  const asked = failed ? undefined : parseCard(stdout);
  if (asked) return asked;
  const [name] = gpuNames();
  return name === undefined ? undefined : { name };
}

/** The first line of `name, driver, MiB in total, MiB free`. */
export function parseCard(text: string): Card | undefined {
  const [name, driver, total, free] = (text.trim().split('\n')[0] ?? '')
    .split(',')
    .map((cell) => cell.trim());
  if (!name || !driver) return undefined;
  const bytes = (mebibytes: string | undefined) => Number(mebibytes) * 2 ** 20;
  const known = { totalBytes: bytes(total), freeBytes: bytes(free) };
  return { name, driver, ...(Number.isNaN(known.totalBytes + known.freeBytes) ? {} : known) };
}
