/** A process that prunes once: `own-process JOB`, with the job as JSON. Prints its Cost as JSON. */
import { type OwnJob, pruneOwn } from './prune-own.js';

const job = JSON.parse(process.argv[2] ?? '{}') as OwnJob;
const cost = await pruneOwn(job, console.error);
process.stdout.write(`${JSON.stringify(cost)}\n`);
