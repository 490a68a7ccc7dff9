import { describe, expect, it } from 'vitest';
import { logTarget, parseBackups } from '../../src/cli/log-target.ts';
import { fakeIo } from './fake-io.ts';

const file = { CC_LOG_FILE: 'cc.log' };

describe('the log', () => {
  it('goes to stderr without a file, else by default into three files of 10 MB each beside the current one', () => {
    expect(logTarget({}, fakeIo('/w'))).toEqual({ to: 'stderr' });
    const usual = { to: 'file', maxBytes: 10 * 1024 * 1024, backups: 3 };
    expect(logTarget({}, fakeIo('/w', file))).toEqual({ ...usual, file: '/w/cc.log' });
    expect(logTarget({}, fakeIo('/w'), '/d/logs/x.log')).toEqual({ ...usual, file: '/d/logs/x.log' });
  });

  it('is kept as the environment says, and as the flags say above all', () => {
    const env = { ...file, CC_LOG_MAX_SIZE: '512K', CC_LOG_MAX_BACKUPS: '7' };
    expect(logTarget({}, fakeIo('/w', env))).toMatchObject({ maxBytes: 512 * 1024, backups: 7 });
    expect(logTarget({ logMaxBackups: 0 }, fakeIo('/w', env))).toMatchObject({
      maxBytes: 512 * 1024,
      backups: 0,
    });
    expect(logTarget({ logMaxSize: 1 }, fakeIo('/w', env))).toMatchObject({ maxBytes: 1, backups: 7 });
  });

  it('names what it cannot read of the environment, with what it takes instead', () => {
    const io = fakeIo('/w', { ...file, CC_LOG_MAX_SIZE: 'much', CC_LOG_MAX_BACKUPS: '-1' });
    expect(logTarget({}, io)).toMatchObject({ maxBytes: 10 * 1024 * 1024, backups: 3 });
    expect(io.errors).toEqual([
      'Note: CC_LOG_MAX_SIZE: "much" is not a size; 10MB is used (write it like 10MB, 512K or 1048576).',
      'Note: CC_LOG_MAX_BACKUPS: "-1" is not a number of files; 3 is used (write a whole number from 0 to 999).',
    ]);
  });

  it.each([['abc'], ['-1'], ['1.5'], [''], ['1000']])('takes %j for no number of files', (value) => {
    expect(() => parseBackups(value)).toThrow('is not a number of files');
  });
});
