import { describe, it } from 'vitest';
import { FILES, fuzzRecords } from '../test/fuzz.js';

describe('changed files give records or end in a typed error', () => {
  it.each(Object.keys(FILES))('.%s', (kind) => fuzzRecords(kind, 400));
});
