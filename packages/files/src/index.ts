export { FileWriteError, isDiskFull, LockHeldError, type WriteFailure, writeError } from './errors.js';
export { acquireLock, type Claimant, releaseLockOf, withLock } from './lock.js';
export { openRegular } from './open-regular.js';
export { claimOutputFolder, type OutputFolder, releaseOutputFolder } from './output-folder.js';
export { isTaken, type Overlap, overlap } from './overlap.js';
export { checkNesting, JSON_LIMITS, parseJson } from './parse-json.js';
export { publishFolder } from './publish-folder.js';
export {
  type Draft,
  type ReplaceOptions,
  removeDrafts,
  replaceFile,
  replaceFileWith,
} from './replace-file.js';
export { renameDurably, sync } from './sync.js';
