#!/usr/bin/env node
// What each published package promises, as API Extractor reports it: packages/*/*.api.md. Checks that the reports are
// what the build declares; `--update` writes them again, so that a change of the promise shows in its commit.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Extractor, ExtractorConfig } from '@microsoft/api-extractor';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const update = process.argv.includes('--update');
const temporary = mkdtempSync(join(tmpdir(), 'grasp-api-'));

const silent = { logLevel: 'none' };
const messages = {
  compilerMessageReporting: { default: { logLevel: 'warning' } },
  extractorMessageReporting: { default: silent },
  tsdocMessageReporting: { default: silent },
};

/** True if a package's report is up to date, or was brought up to date. */
function report(folder) {
  const path = join(root, 'packages', folder);
  const reportTempFolder = join(temporary, folder);
  mkdirSync(reportTempFolder);
  const config = ExtractorConfig.prepare({
    configObject: {
      projectFolder: path,
      mainEntryPointFilePath: join(path, 'dist/index.d.ts'),
      compiler: { tsconfigFilePath: join(path, 'tsconfig.build.json') },
      apiReport: {
        enabled: true,
        reportFileName: folder,
        reportFolder: path,
        reportTempFolder,
        includeForgottenExports: false,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages,
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: join(path, 'package.json'),
  });
  let problems = 0;
  const { apiReportChanged } = Extractor.invoke(config, {
    localBuild: update,
    messageCallback: (message) => {
      message.handled = true;
      if (message.logLevel !== 'warning' && message.logLevel !== 'error') return;
      if (message.category === 'console') return;
      problems++;
      process.stdout.write(`${folder}: ${message.text}\n`);
    },
  });
  if (apiReportChanged) {
    const what = update ? 'written again' : 'differs: run "npm run api -- --update" and look at what changed';
    process.stdout.write(`${folder}.api.md ${what}\n`);
  }
  return problems === 0 && (update || !apiReportChanged);
}

try {
  const published = readdirSync(join(root, 'packages')).filter(
    (folder) => !JSON.parse(readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8')).private,
  );
  const good = published.map(report);
  process.exitCode = good.every(Boolean) ? 0 : 1;
} finally {
  rmSync(temporary, { recursive: true });
}
