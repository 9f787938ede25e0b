import { describe, expect, it } from 'vitest';
import { Queue } from './queue.js';

const never = new AbortController().signal;

describe('Queue', () => {
  it('gives turns one at a time, in the order of arrival', async () => {
    const queue = new Queue(8);
    const order: string[] = [];
    const work = async (name: string) => {
      const end = await queue.turn(never);
      order.push(`${name} starts`);
      await new Promise((resolve) => setTimeout(resolve, 2));
      order.push(`${name} ends`);
      end();
    };
    await Promise.all(['a', 'b', 'c'].map(work));
    expect(order).toEqual(['a starts', 'a ends', 'b starts', 'b ends', 'c starts', 'c ends']);
  });

  it('refuses more than may wait, and is free again afterwards', async () => {
    const queue = new Queue(1);
    const end = await queue.turn(never);
    const second = queue.turn(never);
    await expect(queue.turn(never)).rejects.toMatchObject({ status: 429 });
    end();
    (await second)();
    (await queue.turn(never))();
  });

  it('forgets who leaves while waiting', async () => {
    const queue = new Queue(2);
    const end = await queue.turn(never);
    const leaving = new AbortController();
    const second = queue.turn(leaving.signal);
    const third = queue.turn(never);
    leaving.abort(new Error('left'));
    await expect(second).rejects.toThrow('left');
    end();
    (await third)();
    await expect(queue.turn(AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone');
  });
});
