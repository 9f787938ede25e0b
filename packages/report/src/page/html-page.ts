import { COLORS } from './colors.js';
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

const STYLE = `${COLORS}
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
