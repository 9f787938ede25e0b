/** The code of a thread of {@link PartThreads}: it fills the parts that it is given, one after another. */
import { parentPort, workerData } from 'node:worker_threads';
import { descriptorSource } from '../../bytes/byte-source.js';
import { fillPart, type Part } from './part.js';
import type { OpenFile } from './part-threads.js';

const { name, descriptor, size } = workerData as OpenFile;
const source = descriptorSource(name, descriptor, size);
parentPort!.on('message', async (part: Part) => {
  await fillPart(source, part);
  parentPort!.postMessage('filled');
});
