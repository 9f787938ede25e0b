/** A process that serves one file: `serve-process FILE OPTIONS`, with the options as JSON. Prints its Serving as JSON. */
import { type ServeOptions, serveOnce } from './serve-once.js';

const [file = '', options = '{}'] = process.argv.slice(2);
process.stdout.write(`${JSON.stringify(await serveOnce(file, JSON.parse(options) as ServeOptions))}\n`);
