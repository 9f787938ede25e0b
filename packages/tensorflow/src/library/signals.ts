import { readdirSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import type { LibraryHandle } from 'koffi';
import type { ForeignFunctions } from '../c-api/foreign-functions.js';

const { signals } = constants;
const LAST = 31;
/** Those of the thread itself (faults, the profiler's clock), and SIGUSR1, with which Node's main thread opens its debugger. */
const OWN: readonly number[] = [
  ...[signals.SIGILL, signals.SIGTRAP, signals.SIGABRT, signals.SIGBUS, signals.SIGFPE, signals.SIGSEGV],
  ...[signals.SIGSYS, signals.SIGPROF, signals.SIGUSR1],
];
const SIG_BLOCK = 0;
/** Of Linux: the state of a processor with AMX, which a handler's stack begins with, has 11 KB. */
const STACK_BYTES = 2 ** 18;
/** Must not move or be freed. */
const stacks: Buffer[] = [];

/**
 * Keeps the stacks of signal handlers out of oneDNN's products of float32 matrices. Within some of them, the stack pointer points
 * into a buffer of the heap, so that a handler overwrites what lies before it
 * (https://github.com/uxlfoundation/oneDNN/issues/4845).
 *
 * This thread, and each that it starts from now on, leaves signals of the process to other threads of Node. A handler that has to
 * run here, such as that of V8's profiler, gets a stack of its own. Does nothing outside Linux.
 */
export function shelterFromSignals(ffi: ForeignFunctions): void {
  if (process.platform !== 'linux') return;
  const libc = ffi.load(null);
  ownStack(ffi, libc);
  if (!othersTakeSignals()) return;
  const blocked = new Uint8Array(128); // sigset_t, one bit a signal
  for (let signal = 1; signal <= LAST; signal++)
    if (!OWN.includes(signal)) blocked[(signal - 1) >> 3]! |= 1 << ((signal - 1) & 7);
  libc.func('pthread_sigmask', 'int', ['int', 'void *', 'void *'])(SIG_BLOCK, blocked, null);
}

/** Gives this thread a stack for handlers that ask for one, unless it has one. */
function ownStack(ffi: ForeignFunctions, libc: LibraryHandle): void {
  const sigaltstack = libc.func('sigaltstack', 'int', ['void *', 'void *']);
  const stack = new BigUint64Array(3); // stack_t: address, flags, bytes
  if (sigaltstack(null, stack) !== 0 || stack[2] !== 0n) return;
  const memory = Buffer.allocUnsafeSlow(STACK_BYTES);
  stacks.push(memory);
  sigaltstack(BigUint64Array.of(ffi.address(memory), 0n, BigInt(STACK_BYTES)), null);
}

/** Whether another thread of this process would take a SIGINT and a SIGTERM. */
function othersTakeSignals(): boolean {
  const asked = [signals.SIGINT, signals.SIGTERM].map((signal) => 1n << BigInt(signal - 1));
  try {
    return readdirSync('/proc/self/task').some((thread) => {
      const status = readFileSync(`/proc/self/task/${thread}/status`, 'utf8');
      const blocked = BigInt(`0x${/^SigBlk:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? 'f'.repeat(16)}`);
      return Number(thread) !== process.pid && asked.every((bit) => (blocked & bit) === 0n);
    });
  } catch {
    return false; // no /proc
  }
}
