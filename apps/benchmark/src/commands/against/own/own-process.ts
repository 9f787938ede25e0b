/** One pruning in a process of its own: `own-process JOB-AS-JSON`; prints what it took, a Cost, as JSON. */
import { type OwnJob, pruneOwn } from './prune-own.js';

const job = JSON.parse(process.argv[2] ?? '{}') as OwnJob;
const cost = await pruneOwn(job, console.error);
process.stdout.write(`${JSON.stringify(cost)}\n`);
