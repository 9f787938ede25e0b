import { bytesField, varintField } from '../c-api/protobuf.js';

/** A job of a cluster: a list of processes. */
interface Job {
  readonly name: string;
  /** `host:port` of each process. */
  readonly addresses: readonly string[];
}

/** A cluster as one process sees it. */
export interface ServerDef {
  readonly jobs: readonly Job[];
  /** Job of this process. */
  readonly job: string;
  /** Index of this process in its job. */
  readonly task: number;
  /** Serialized ConfigProto. */
  readonly config: Uint8Array;
}

/** Field numbers of tensorflow/core/protobuf/{tensorflow_server,cluster}.proto, version 2.21. */
const serverDef = { cluster: 1, jobName: 2, taskIndex: 3, sessionConfig: 4, protocol: 5 };
const clusterDef = { job: 1 };
const jobDef = { name: 1, tasks: 2 };
const mapEntry = { key: 1, value: 2 };

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

function encodeJob({ name, addresses }: Job): number[] {
  const tasks = addresses.flatMap((address, task) =>
    bytesField(jobDef.tasks, [
      ...varintField(mapEntry.key, task),
      ...bytesField(mapEntry.value, utf8(address)),
    ]),
  );
  return bytesField(clusterDef.job, [...bytesField(jobDef.name, utf8(name)), ...tasks]);
}

/** A serialized ServerDef with the protocol gRPC. */
export function encodeServerDef({ jobs, job, task, config }: ServerDef): Uint8Array {
  return Uint8Array.from([
    ...bytesField(serverDef.cluster, jobs.flatMap(encodeJob)),
    ...bytesField(serverDef.jobName, utf8(job)),
    ...varintField(serverDef.taskIndex, task),
    ...bytesField(serverDef.sessionConfig, config),
    ...bytesField(serverDef.protocol, utf8('grpc')),
  ]);
}
