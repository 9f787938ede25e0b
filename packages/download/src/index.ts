export { type DownloadOptions, download, type RemoteFile, reasonOf, receiver } from './download.js';
export { DownloadError, type DownloadProblem, offline } from './errors.js';
export { extractFromWheel, readFromWheel } from './extract-wheel.js';
export { type FetchFileOptions, type FileSource, fetchFile, type PinnedFile } from './fetch-file.js';
export { type FetchWheelOptions, fetchWheel, findPython, type Wheel } from './fetch-wheel.js';
export { type Digest, digestOf, isDiskFull, sizeOf } from './files.js';
export { offlineVariable, webFetch } from './network.js';
export { errorWithoutSecrets, withoutSecrets } from './secrets.js';
export { checkSpace } from './space.js';
