import { execa } from 'execa';

/** What surrounds the programs that are run. */
export interface Isolation {
  /** Words that start a command in it. */
  readonly prefix: readonly string[];
  /** Whether the system gives the programs no network. Otherwise only the interpreter refuses it. */
  readonly network: boolean;
}

/** Namespaces without network and with processes of their own, which all end with the first of them. */
const SPACES = ['--net', '--pid', '--ipc', '--fork', '--kill-child'];

/** The strongest isolation that this system allows. Linux has namespaces; some containers forbid them. */
export async function findIsolation(): Promise<Isolation> {
  const isRoot = process.getuid?.() === 0;
  for (const user of isRoot ? [[], ['--user', '--map-root-user']] : [['--user', '--map-root-user']]) {
    const prefix = ['unshare', ...user, ...SPACES, '--'];
    const { failed } = await execa(prefix[0]!, [...prefix.slice(1), 'true'], {
      reject: false,
      timeout: 5000,
    });
    if (!failed) return { prefix, network: true };
  }
  return { prefix: [], network: false };
}
