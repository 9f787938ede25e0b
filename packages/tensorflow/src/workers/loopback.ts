import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { foreignFunctions } from '../c-api/foreign-functions.js';
import { TensorFlowSetupError } from '../errors.js';

/** Sockets of this process that listen, by file descriptor. */
export type ListeningSockets = ReadonlySet<number>;

/** Linux' numbers, and TCP_LISTEN as /proc writes it. */
const SOL_SOCKET = 1;
const SO_BINDTODEVICE = 25;
const LISTEN = '0A';

/**
 * The sockets of this process that listen now.
 *
 * @throws TensorFlowSetupError ('port') where a socket cannot be kept to an interface
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
 * Leaves the sockets that listen now, and did not before, to the loopback interface. TensorFlow's server always binds
 * all interfaces and authenticates nobody.
 *
 * @throws TensorFlowSetupError ('port') where that cannot be done
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
    "TensorFlow's server could not be kept to the loopback interface.",
    'That takes Linux 5.7 or newer, with /proc.',
  );
}

/** Inodes of listening sockets in one of the kernel's tables, those of other processes too. */
function listeningInodes(table: string): string[] {
  const [, ...rows] = readOr('', () => readFileSync(`/proc/self/net/${table}`, 'utf8'))
    .trim()
    .split('\n');
  return rows.map((row) => row.trim().split(/\s+/)).flatMap((row) => (row[3] === LISTEN ? [row[9]!] : []));
}

function socketInode(fd: string): string {
  // The folder's own descriptor is closed by the time it is looked at.
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
