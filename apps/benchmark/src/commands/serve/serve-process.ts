/** One serving in a process of its own: `serve-process FILE OPTIONS-AS-JSON`; prints a Serving as JSON. */
import { type ServeOptions, serveOnce } from './serve-once.js';

const [file = '', options = '{}'] = process.argv.slice(2);
process.stdout.write(`${JSON.stringify(await serveOnce(file, JSON.parse(options) as ServeOptions))}\n`);
