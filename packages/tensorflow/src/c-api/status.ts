import type { CApi, Pointer } from './c-api.js';
import { TensorFlowOpError } from '../errors.js';

/** The TF_Code of inputs that an operation refuses. */
export const invalidArgument = 3;

/** Throws what a TF_Status holds, if it holds an error. */
export function checkStatus(c: CApi, status: Pointer, operation: string): void {
  const code = c.TF_GetCode(status);
  if (code !== 0) throw new TensorFlowOpError(operation, code, c.TF_Message(status));
}
