import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { methodFromModule } from './method-module.js';
import type { MethodInputs, ScoringMethod } from './pruning-method.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-method-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function thrownBy(name: string, statement: string): Promise<unknown> {
  const path = join(folder, name);
  await writeFile(path, `export default { name: 'mine', needs: 'nothing', score() { ${statement} } };`);
  const { score } = (await methodFromModule(path)) as ScoringMethod;
  return score({} as MethodInputs).catch((error: unknown) => error);
}

it('names the module whose method throws, and keeps what it threw', async () => {
  expect(await thrownBy('boom.mjs', "throw new Error('boom')")).toMatchObject({
    name: 'MethodError',
    message: `${join(folder, 'boom.mjs')}: boom`,
    cause: { message: 'boom', stack: expect.stringContaining('boom.mjs') },
  });
  expect(await thrownBy('text.mjs', "throw 'no'")).toMatchObject({
    code: 'GRASP_METHOD',
    message: `${join(folder, 'text.mjs')}: no`,
  });
});

it('lets errors of Grasp through a method', async () => {
  const statement = "throw Object.assign(new Error('too small'), { code: 'GRASP_BUDGET_FLOOR' })";
  expect(await thrownBy('floor.mjs', statement)).toMatchObject({ code: 'GRASP_BUDGET_FLOOR' });
});
