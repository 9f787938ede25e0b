#!/usr/bin/env node
// Prints what .ci/run did and ends with "N passed, N failed": every vitest test counts as one, and so does every
// step that is not a vitest run. A vitest run that failed without a failing test counts as one failure. What failed is
// told again here, since its own output may be thousands of lines above.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.argv[2];
const reportOf = {
  'npm test': 'unit.json',
  'numeric tests, AVX2': 'avx2.json',
  'slow tests, packages': 'slow-packages.json',
  'slow tests, apps': 'slow-apps.json',
  transformers: 'transformers.json',
  runtimes: 'runtimes.json',
};

/** Where a test failed and what it said, or why its file did not load. */
function* failures(report) {
  for (const file of report.testResults) {
    const tests = file.assertionResults.filter(({ status }) => status === 'failed');
    if (tests.length === 0 && file.status === 'failed') yield `${file.name}\n${file.message}`;
    for (const test of tests) yield [`${file.name}: ${test.fullName}`, ...test.failureMessages].join('\n');
  }
}

const count = { passed: 0, failed: 0, skipped: 0 };
const told = [];
process.stdout.write('\n');
for (const line of readFileSync(join(folder, 'steps.tsv'), 'utf8').trim().split('\n')) {
  const [name, code, seconds] = line.split('\t');
  const file = name in reportOf ? join(folder, reportOf[name]) : undefined;
  const report = file && existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
  const failed = report?.numFailedTests ?? 0;
  count.passed += report?.numPassedTests ?? (code === '0' ? 1 : 0);
  count.failed += failed > 0 ? failed : code === '0' ? 0 : 1;
  // The second run of the numeric tests leaves some out on purpose; the first one has run them.
  if (file && !file.endsWith('avx2.json')) count.skipped += report?.numPendingTests ?? 0;
  if (report) told.push(...failures(report));
  process.stdout.write(`${code === '0' ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)\n`);
}
for (const failure of told) process.stdout.write(`\n${failure}\n`);
if (told.length > 0) process.stdout.write('\n');
if (count.skipped > 0) process.stdout.write(`${count.skipped} tests were skipped\n`);
process.stdout.write(`${count.passed} passed, ${count.failed} failed\n`);
process.exitCode = count.failed > 0 ? 1 : 0;
