export { assertFree, assertWritable } from './assert-writable.js';
export { FileWriteError, isDiskFull, LockHeldError, type WriteFailure, writeError } from './errors.js';
export { addToOutput } from './folders/folder-marker.js';
export {
  claimOutputFolder,
  type OutputFolder,
  releaseOutputFolder,
  removeOutputFolder,
} from './folders/output-folder.js';
export { isTaken, type Overlap, overlap, overlapProblem } from './folders/overlap.js';
export { publishFolder } from './folders/publish-folder.js';
export { acquireLock, type Claimant, releaseLockOf, withLock } from './lock.js';
export { openRegular } from './open-regular.js';
export { checkNesting, JSON_LIMITS, parseJson } from './parse-json.js';
export {
  type Draft,
  type ReplaceOptions,
  removeDrafts,
  replaceFile,
  replaceFileWith,
} from './replace-file.js';
export { renameDurably, sync } from './sync.js';
