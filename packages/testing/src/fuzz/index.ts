export { applyByteEdit, byteEdits } from './byte-edits.js';
export { applyJsonEdit, type Json, jsonEdits } from './json-edits.js';
export { processorMs } from './processor-time.js';
