/**
 * Style rules that define the colours of pages and charts. Text has a contrast of 4.5 or more on its ground, in light and in
 * dark.
 */
export const COLORS = `:root{color-scheme:light dark;--ground:#fff;--text:#1d2329;--soft:#57606a;--line:#d5dae0;--panel:#f4f6f8;
--series-0:#0b66c3;--series-1:#b4500b;--series-2:#2b7a4b;--series-3:#7a4fb0}
@media(prefers-color-scheme:dark){:root{--ground:#14181d;--text:#e4e8ec;--soft:#9aa5b1;--line:#333b44;--panel:#1d232a;
--series-0:#62a8f5;--series-1:#f0954a;--series-2:#63c08a;--series-3:#b893ec}}`;
