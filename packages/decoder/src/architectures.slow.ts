import { fixtureNames } from '../test/architecture-fixtures.js';
import { compareWithFolded } from '../test/compare-with-folded.js';
import { compareWithTransformers } from '../test/compare-with-transformers.js';

compareWithTransformers(fixtureNames);
compareWithFolded(fixtureNames);
