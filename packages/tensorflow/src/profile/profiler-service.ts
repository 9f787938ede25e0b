import { connect } from 'node:http2';
import { bytesField, varintField } from '../c-api/protobuf.js';
import { unavailable } from '../c-api/status.js';
import { TensorFlowOpError } from '../errors.js';

/** Field numbers of tsl/profiler/protobuf/{profiler_service,profiler_options}.proto, version 2.21. */
const profileRequest = { maxEvents: 2, options: 4, repositoryRoot: 5, sessionId: 6, hostName: 7 };
const profileOptions = { hostTracer: 2, deviceTracer: 3, version: 5, durationMs: 9 };
const terminateRequest = { sessionId: 1 };

const MAX_EVENTS = 1_000_000;
const ALL_OPERATIONS = 2;

const utf8 = (value: string): Uint8Array => new TextEncoder().encode(value);

export interface ProfileSession {
  /** Name of the session, and of the folder that it writes. */
  readonly session: string;
  /** Name of the file, without its extension `.xplane.pb`. */
  readonly host: string;
  /** Existing folder. */
  readonly folder: string;
  /** The session ends after this time if nothing ends it before. */
  readonly milliseconds: number;
}

/** A serialized ProfileRequest. */
export function encodeProfileRequest({ session, host, folder, milliseconds }: ProfileSession): Uint8Array {
  const options = [
    ...varintField(profileOptions.hostTracer, ALL_OPERATIONS),
    ...varintField(profileOptions.deviceTracer, 1),
    ...varintField(profileOptions.version, 1),
    ...varintField(profileOptions.durationMs, milliseconds),
  ];
  return Uint8Array.from([
    ...varintField(profileRequest.maxEvents, MAX_EVENTS),
    ...bytesField(profileRequest.options, options),
    ...bytesField(profileRequest.repositoryRoot, utf8(folder)),
    ...bytesField(profileRequest.sessionId, utf8(session)),
    ...bytesField(profileRequest.hostName, utf8(host)),
  ]);
}

/** A serialized TerminateRequest. */
export const encodeTerminateRequest = (session: string): Uint8Array =>
  Uint8Array.from(bytesField(terminateRequest.sessionId, utf8(session)));

/**
 * Calls a method of TensorFlow's profiler service by gRPC and waits for its answer, which has nothing of interest.
 *
 * @throws TensorFlowOpError if the call fails
 */
export function callProfiler(
  port: number,
  method: 'Profile' | 'Terminate',
  message: Uint8Array,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const client = connect(`http://localhost:${port}`);
    const fail = (why: string) => {
      client.close();
      reject(new TensorFlowOpError('profile', unavailable, `TensorFlow's profiler failed: ${why}.`));
    };
    client.on('error', (error) => fail(error.message));
    const request = client.request({
      ':method': 'POST',
      ':path': `/tensorflow.ProfilerService/${method}`,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    let status: unknown;
    let said: unknown;
    const read = (headers: Record<string, unknown>) => {
      status = headers['grpc-status'] ?? status;
      said = headers['grpc-message'] ?? said;
    };
    request.on('response', read).on('trailers', read).resume();
    request.on('error', (error) => fail(error.message));
    request.on('close', () => {
      client.close();
      if (status === '0') resolve();
      else
        fail(
          `status ${status ?? 'unknown'}${said === undefined ? '' : `, ${decodeURIComponent(String(said))}`}`,
        );
    });
    request.end(frame(message));
  });
}

/** A message of gRPC: not compressed, its length in four bytes. */
function frame(message: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}
