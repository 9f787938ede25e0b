import { readFileSync } from 'node:fs';

/** The TypeScript code blocks of a README, without their fences. */
export function readmeCode(readme: URL): string[] {
  return [...readFileSync(readme, 'utf8').matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code!);
}
