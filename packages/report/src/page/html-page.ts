import { escapeMarkup } from './escape-markup.js';

export interface HtmlPage {
  readonly title: string;
  /** HTML below the title. */
  readonly body: string;
  /** Further style rules. Default: none. */
  readonly style?: string;
  /** A module script, run when the page stands. Default: none. */
  readonly script?: string;
}

// Colours of text on their ground have a contrast of 4.5 or more, in light and in dark.
const STYLE = `:root{color-scheme:light dark;--ground:#fff;--text:#1d2329;--soft:#57606a;--line:#d5dae0;--panel:#f4f6f8;
--series-0:#0b66c3;--series-1:#b4500b;--series-2:#2b7a4b;--series-3:#7a4fb0}
@media(prefers-color-scheme:dark){:root{--ground:#14181d;--text:#e4e8ec;--soft:#9aa5b1;--line:#333b44;--panel:#1d232a;
--series-0:#62a8f5;--series-1:#f0954a;--series-2:#63c08a;--series-3:#b893ec}}
*{box-sizing:border-box}body{font:16px/1.5 system-ui,sans-serif;max-width:64rem;margin:0 auto;padding:2rem 1rem 4rem;color:var(--text);background:var(--ground)}
h1{font-size:1.6rem;line-height:1.25;margin:0 0 .5rem;overflow-wrap:anywhere}h2{font-size:1.2rem;margin:2.5rem 0 .75rem}
p{margin:.5rem 0;max-width:46rem}.soft{color:var(--soft)}
table{border-collapse:collapse;margin:1rem 0;font-variant-numeric:tabular-nums}caption{font-weight:600;text-align:left;padding-bottom:.3rem}
th,td{padding:.25rem .8rem;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}th[scope=row]{text-align:left;font-weight:400;padding-left:0}
.scroll{overflow-x:auto}.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,24rem),1fr));gap:1rem}
figure{margin:0}svg{max-width:100%;height:auto}.charts svg{width:100%}
@media(max-width:40rem){table{font-size:.9rem}th,td{padding:.25rem .4rem}thead th,th[scope=row]{white-space:normal}}`;

/** One HTML file that needs nothing else: no font, no image, no network. */
export function htmlPage({ title, body, style = '', script }: HtmlPage): string {
  const code = script === undefined ? '' : `\n<script type="module">${script}</script>`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none';style-src 'unsafe-inline';script-src 'unsafe-inline'">
<title>${escapeMarkup(title)}</title><style>
${STYLE}
${style}
</style></head><body>
<h1>${escapeMarkup(title)}</h1>
${body}${code}
</body></html>
`;
}
