import { fields, text } from '../c-api/protobuf.js';

/** Calls and time of one kernel while a profile was taken. */
export interface KernelTime {
  /** A GPU's own name of the kernel; the operation on a CPU, such as `MatMul`. */
  readonly name: string;
  readonly device: 'cpu' | 'gpu';
  /** Number of calls. */
  readonly count: number;
  /** Time of all calls in sum. Kernels that run at the same time each count in full. */
  readonly seconds: number;
}

/** Field numbers of tsl/profiler/protobuf/xplane.proto, version 2.21. */
const xspace = { planes: 1 };
const xplane = { name: 2, lines: 3, eventMetadata: 4 };
const mapEntry = { key: 1, value: 2 };
const metadata = { name: 2 };
const xline = { name: 2, events: 4 };
const xevent = { metadataId: 1, durationPs: 3 };

const gpuPlane = /^\/device:GPU:\d+$/;
const cpuPlane = '/host:CPU';
/** A GPU's plane also has lines that summarise others. */
const gpuLine = /^Stream/;
/** What the executor calls an operation: node, colon, type. */
const operation = /^[^\s:]+:_?([A-Z]\w*)$/;

/**
 * Sums a profile over the calls of each kernel: those of GPUs if any ran, else the operations of the CPU. The longest time
 * comes first.
 *
 * @param space a serialized XSpace, as TensorFlow's profiler writes it
 * @throws RangeError if it is truncated
 */
export function kernelTimes(space: Uint8Array): KernelTime[] {
  const planes = [...messages(space, xspace.planes)].map((plane) => ({
    plane,
    name: nameOf(plane, xplane.name),
  }));
  const onGpu = planes.filter(({ name }) => gpuPlane.test(name));
  const gpu = sum(
    onGpu.map(({ plane }) => plane),
    'gpu',
  );
  if (gpu.length > 0) return gpu;
  return sum(
    planes.filter(({ name }) => name === cpuPlane).map(({ plane }) => plane),
    'cpu',
  );
}

function sum(planes: readonly Uint8Array[], device: KernelTime['device']): KernelTime[] {
  const sums = new Map<string, { count: number; seconds: number }>();
  for (const plane of planes) {
    const names = eventNames(plane);
    for (const line of messages(plane, xplane.lines)) {
      if (device === 'gpu' && !gpuLine.test(nameOf(line, xline.name))) continue;
      for (const event of messages(line, xline.events)) {
        const [id, picoseconds] = numbers(event, [xevent.metadataId, xevent.durationPs]);
        const name = kernelName(names.get(id!) ?? '', device);
        if (name === undefined) continue;
        const { count, seconds } = sums.get(name) ?? { count: 0, seconds: 0 };
        sums.set(name, { count: count + 1, seconds: seconds + picoseconds! / 1e12 });
      }
    }
  }
  return [...sums]
    .map(([name, times]) => ({ name, device, ...times }))
    .sort((a, b) => b.seconds - a.seconds || (a.name < b.name ? -1 : 1));
}

/** The kernel of an event; undefined for events that contain others. */
function kernelName(event: string, device: KernelTime['device']): string | undefined {
  if (device === 'gpu') return event === '' ? undefined : event;
  return operation.exec(event)?.[1];
}

/** Names of events by id. */
function eventNames(plane: Uint8Array): Map<number, string> {
  const entries = [...messages(plane, xplane.eventMetadata)].map((entry): [number, string] => {
    const [id] = numbers(entry, [mapEntry.key]);
    const [value = new Uint8Array()] = messages(entry, mapEntry.value);
    return [id!, nameOf(value, metadata.name)];
  });
  return new Map(entries);
}

/** The submessages of one field. */
function* messages(message: Uint8Array, field: number): Generator<Uint8Array> {
  for (const [number, value] of fields(message)) {
    if (number === field && typeof value !== 'number') yield value;
  }
}

const nameOf = (message: Uint8Array, field: number): string => {
  const [name] = messages(message, field);
  return name === undefined ? '' : text(name);
};

/** Numbers of fields; absent ones are 0. */
function numbers(message: Uint8Array, wanted: readonly number[]): number[] {
  const found = new Map<number, number>();
  for (const [number, value] of fields(message)) if (typeof value === 'number') found.set(number, value);
  return wanted.map((field) => found.get(field) ?? 0);
}
