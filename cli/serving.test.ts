import { expect } from 'chai';
import { LedgerFault } from '#core/evidence/ledger.ts';
import type { CommandIo } from './command.ts';
import { runServing } from './serving.ts';

class SettingsFault extends Error {
  override readonly name = 'SettingsFault';
}

describe('a program that serves', () => {
  async function run(serve: () => Promise<void>) {
    let said = '';
    const stderr = (text: string) => {
      said += text;
    };
    const io = { stderr, stdout: () => {}, env: {}, stop: new AbortController().signal };
    const code = await runServing(io as Partial<CommandIo> as CommandIo, {
      ...{ logLevel: 'info', advice: 'make room', serve },
    });
    return [code, said];
  }
  const disk = Object.assign(new Error('full'), { code: 'ENOSPC' });

  for (const [name, serve, code, said] of [
    ['ends well when it was asked to stop', async () => {}, 0, ''],
    [
      'says with what code evidence could not be written, and what to do',
      () => Promise.reject(new LedgerFault('write_failed', 'no', { cause: disk })),
      74,
      'gatehouse: evidence cannot be written (ENOSPC); make room\n',
    ],
    [
      'says what is wrong with its settings',
      () => Promise.reject(new SettingsFault('--policy: is missing')),
      78,
      'gatehouse: --policy: is missing\n',
    ],
  ] as const) {
    it(name, async () => {
      expect(await run(serve)).to.deep.equal([code, said]);
    });
  }

  it('keeps a fault of ours a fault', async () => {
    const fault = await run(() => Promise.reject(disk)).catch((error: unknown) => error);

    expect(fault).to.equal(disk);
  });
});
