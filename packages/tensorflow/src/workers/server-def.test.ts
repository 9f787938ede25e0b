import { describe, expect, it } from 'vitest';
import { encodeServerDef } from './server-def.js';

describe('encodeServerDef', () => {
  it('is the ServerDef TensorFlow expects', () => {
    const bytes = encodeServerDef({
      jobs: [
        { name: 'me', addresses: ['a:1'] },
        { name: 'w', addresses: ['b:2', 'c:300'] },
      ],
      job: 'me',
      task: 0,
      config: Uint8Array.of(0x10, 2),
    });
    const expected = [
      ['0a 28'], // cluster, 40 bytes
      ['0a 0d', '0a 02', text('me'), '12 07', '08 00', '12 03', text('a:1')], // job { name, tasks { 0: 'a:1' } }
      ['0a 17', '0a 01', text('w')], // job { name, tasks { 0: 'b:2', 1: 'c:300' } }
      ['12 07', '08 00', '12 03', text('b:2')],
      ['12 09', '08 01', '12 05', text('c:300')],
      ['12 02', text('me')], // job_name
      ['18 00'], // task_index
      ['22 02', '10 02'], // default_session_config { intra_op_parallelism_threads: 2 }
      ['2a 04', text('grpc')], // protocol
    ];
    expect(Buffer.from(bytes).toString('hex')).toBe(expected.flat().join('').replaceAll(' ', ''));
  });
});

const text = (characters: string): string => Buffer.from(characters).toString('hex');
