export { type DownloadOptions, download, type RemoteFile, reasonOf } from './download.js';
export { DownloadError, type DownloadProblem, offline } from './errors.js';
export { extractFromWheel } from './extract-wheel.js';
export { type FetchWheelOptions, fetchWheel, findPython, type Wheel } from './fetch-wheel.js';
export { type Digest, digestOf, isDiskFull } from './files.js';
export { offlineVariable, webFetch } from './network.js';
export { errorWithoutSecrets, withoutSecrets } from './secrets.js';
