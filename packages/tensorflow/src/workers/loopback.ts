import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { foreignFunctions } from '../c-api/foreign-functions.js';
import { TensorFlowSetupError } from '../errors.js';

/** File descriptors of this process's listening sockets. */
export type ListeningSockets = ReadonlySet<number>;

/** Constants of Linux. LISTEN is TCP_LISTEN as /proc writes it. */
const SOL_SOCKET = 1;
const SO_BINDTODEVICE = 25;
const LISTEN = '0A';

/**
 * The listening sockets of this process.
 *
 * @throws TensorFlowSetupError ('port') on systems where sockets cannot be restricted
 */
export function listeningSockets(): ListeningSockets {
  if (process.platform !== 'linux') throw cannotRestrict();
  const inodes = new Set(['tcp', 'tcp6'].flatMap(listeningInodes));
  return new Set(
    readOr([], () => readdirSync('/proc/self/fd'))
      .filter((fd) => inodes.has(socketInode(fd)))
      .map(Number),
  );
}

/**
 * Restricts listening sockets to the loopback interface. TensorFlow's server binds all interfaces and does not
 * authenticate clients.
 *
 * @param before listening sockets that are left as they are
 * @throws TensorFlowSetupError ('port') if a socket cannot be restricted
 */
export function restrictToLoopback(before: ListeningSockets): void {
  const added = [...listeningSockets()].filter((fd) => !before.has(fd));
  if (added.length === 0) throw cannotRestrict();
  const setsockopt = foreignFunctions()
    .load(null)
    .func('setsockopt', 'int', ['int', 'int', 'int', 'void *', 'uint']);
  const name = Buffer.from('lo\0');
  for (const fd of added) {
    if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, name.length) !== 0) throw cannotRestrict();
  }
}

function cannotRestrict(): TensorFlowSetupError {
  return new TensorFlowSetupError(
    'port',
    "TensorFlow's server could not be restricted to the loopback interface.",
    'Use Linux 5.7 or newer, with /proc.',
  );
}

/** Inodes of the listening sockets in a table of the kernel, other processes included. */
function listeningInodes(table: string): string[] {
  const [, ...rows] = readOr('', () => readFileSync(`/proc/self/net/${table}`, 'utf8'))
    .trim()
    .split('\n');
  return rows.map((row) => row.trim().split(/\s+/)).flatMap((row) => (row[3] === LISTEN ? [row[9]!] : []));
}

function socketInode(fd: string): string {
  // The descriptor that listed the folder is closed by now.
  const target = readOr('', () => readlinkSync(`/proc/self/fd/${fd}`));
  return /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? '';
}

function readOr<T>(otherwise: T, read: () => T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
