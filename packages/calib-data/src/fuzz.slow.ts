import { describe, it } from 'vitest';
import { FILES, fuzzRecords } from '../test/fuzz.js';

const runs = Number(process.env.GRASP_FUZZ_RUNS ?? 60_000) / Object.keys(FILES).length;

describe('very many changed files give records or end in a typed error', () => {
  it.each(Object.keys(FILES))('.%s', (kind) => fuzzRecords(kind, Math.ceil(runs)));
});
