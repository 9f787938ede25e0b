/** The code of a thread of {@link PartThreads}: it fills the parts that it is given, one after another. */
import { parentPort, workerData } from 'node:worker_threads';
import { descriptorSource } from '../../bytes/byte-source.js';
import { fillPart, type Part } from './part.js';
import type { OpenFile } from './part-threads.js';

const { name, descriptor, size } = workerData as OpenFile;
const source = descriptorSource(name, descriptor, size);
let last: Promise<void> = Promise.resolve();
parentPort!.on('message', (part: Part) => {
  // Answers come in the order of the parts, also if several tensors are read at once. An error ends the thread.
  last = last.then(() => fillPart(source, part)).then(() => parentPort!.postMessage('filled'));
});
