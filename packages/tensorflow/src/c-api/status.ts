import { TensorFlowOpError } from '../errors.js';
import type { CApi, Pointer } from './c-api.js';

/** TF_Code: an operation rejects its inputs. */
export const invalidArgument = 3;
/** TF_Code: not supported. */
export const unimplemented = 12;
/** TF_Code: a worker cannot be reached. */
export const unavailable = 14;

/** @throws TensorFlowOpError if the TF_Status holds an error */
export function checkStatus(c: CApi, status: Pointer, operation: string): void {
  const code = c.TF_GetCode(status);
  if (code !== 0) throw new TensorFlowOpError(operation, code, c.TF_Message(status));
}
