#!/usr/bin/env node
// The documentation as a site in out/docs: the guides of docs/, and the API of every published package beside its
// README. What goes in, and in which order, stands in typedoc.json. A warning of typedoc is an error, and so is a link
// that leads nowhere; those to other sites are only looked at, as there may be no network.
import { readFileSync } from 'node:fs';
import { basename, dirname, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LinkChecker, LinkState } from 'linkinator';
import { Application, Converter } from 'typedoc';

const root = fileURLToPath(new URL('..', import.meta.url));
const sources = 'https://github.com/grasp-ts/grasp/blob/main';

/**
 * Calls a guide by its heading, where typedoc would take the name of its file. A link to a folder is one to its README,
 * as it is where the repository is browsed.
 */
function placeGuide(guide) {
  const { files } = guide.project;
  const path = files.getReflectionPath(guide);
  const heading = /^# (.+)$/m.exec(readFileSync(path, 'utf8'));
  if (heading === null) throw new Error(`${path} has no heading, "# …".`);
  guide.name = heading[1].replaceAll('`', '');
  if (basename(path) === 'README.md') files.registerReflectionPath(dirname(path), guide);
}

/** The heading of a package's README stands above it already. */
function dropHeading([first]) {
  first.text = first.text.replace(/^# .+\n/, '');
}

/** Links from Markdown to files and folders that are no page and no picture lead to the repository. */
function linkToSources(project) {
  const texts = [project, ...Object.values(project.reflections)].flatMap((page) =>
    [page.readme, page.content, page.comment?.summary].filter((parts) => parts !== undefined),
  );
  for (const parts of texts) {
    for (const [i, part] of parts.entries()) {
      if (part.kind !== 'relative-link' || part.target === undefined) continue;
      const path = project.files.resolve(part.target, project);
      if (typeof path !== 'string' || /\.(svg|png)$/.test(path)) continue;
      parts[i] = { kind: 'text', text: `${sources}/${relative(root, path)}` };
    }
  }
}

/** Builds the site; resolves to its folder, or to nothing where there was something to warn of. */
async function build() {
  const app = await Application.bootstrapWithPlugins();
  app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_, guide) => placeGuide(guide));
  const project = await app.convert();
  if (project === undefined) return undefined;
  for (const { readme } of project.children) dropHeading(readme);
  linkToSources(project);
  app.validate(project);
  await app.generateOutputs(project);
  return app.logger.hasErrors() || app.logger.hasWarnings() ? undefined : app.options.getValue('out');
}

/** How many links the site has to itself, and those that lead nowhere, each with the page it stands on. */
async function checkLinks(site) {
  const here = /^http:\/\/localhost:\d+\//;
  const malformed = [];
  const { links } = await new LinkChecker().check({
    path: site,
    recurse: true,
    checkFragments: true,
    linksToSkip: async (link) => {
      if (here.test(link)) return false;
      if (!/^(https?|mailto|data):/.test(link) || !URL.canParse(link)) malformed.push(link);
      return true;
    },
  });
  const local = (url) => (url ?? '').replace(here, '').replace(`${site}/`, '');
  const broken = links.filter(({ state }) => state === LinkState.BROKEN);
  return {
    links: links.filter(({ state }) => state !== LinkState.SKIPPED).length,
    dead: [...broken.map(({ url, parent }) => `${local(parent)} → ${local(url)}`), ...malformed],
  };
}

process.chdir(root);
const site = await build();
if (site === undefined) {
  process.stderr.write('What stands above has to be mended.\n');
  process.exitCode = 1;
} else {
  const { links, dead } = await checkLinks(site);
  for (const link of dead) process.stderr.write(`dead link: ${link}\n`);
  process.stdout.write(`${relative(root, site)}/index.html: ${links} links within, ${dead.length} dead\n`);
  process.exitCode = dead.length === 0 ? 0 : 1;
}
