import { describe, expect, it } from 'vitest';
import { relay } from './relay.js';

const tick = () => new Promise<void>((resolve) => setImmediate(resolve));

async function collect<T, R>(run: AsyncGenerator<T, R>): Promise<{ items: T[]; result: R }> {
  const items: T[] = [];
  for (;;) {
    const next = await run.next();
    if (next.done) return { items, result: next.value };
    items.push(next.value);
  }
}

describe('relay', () => {
  it('yields what is emitted, in order, and returns the result', async () => {
    const run = relay<number, string>(async (emit) => {
      emit(1);
      emit(2);
      await tick();
      emit(3);
      return 'done';
    });
    expect(await collect(run)).toEqual({ items: [1, 2, 3], result: 'done' });
  });

  it('throws what the work throws, after what it had emitted', async () => {
    const run = relay<number, void>(async (emit) => {
      emit(1);
      await tick();
      throw new Error('broke');
    });
    expect((await run.next()).value).toBe(1);
    await expect(run.next()).rejects.toThrow('broke');
  });

  it('ends the work at its next event when left early, and waits for that', async () => {
    const emitted: number[] = [];
    let released = false;
    const run = relay<number, void>(async (emit) => {
      try {
        for (let i = 1; i < 100; i++) {
          emit(i);
          emitted.push(i);
          await tick();
        }
      } finally {
        await tick();
        released = true;
      }
    });
    for await (const _ of run) break;
    expect(emitted.length).toBeLessThan(5);
    expect(released).toBe(true);
  });

  it("throws the consumer's error when it leaves with one", async () => {
    const run = relay<number, void>(async (emit) => {
      for (;;) {
        emit(1);
        await tick();
      }
    });
    await run.next();
    await expect(run.throw(new Error('stop'))).rejects.toThrow('stop');
  });

  it('waits for work that emits nothing more when left early', async () => {
    let ended = false;
    const run = relay<number, void>(async (emit) => {
      emit(1);
      await tick();
      await tick();
      ended = true;
    });
    for await (const _ of run) break;
    expect(ended).toBe(true);
  });
});
