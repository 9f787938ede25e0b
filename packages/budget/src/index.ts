export type { Layout, UnitBlock, UnitKind } from './layout.js';
