import { describe, expect, it } from 'vitest';
import { PROGRAM_OPTIONS, programOptions } from '../../src/kit/cli-options.ts';
import { type RawOptions, readAgentOptions } from '../../src/kit/option-reader.ts';

describe('the program options of an agent', () => {
  const modes = [{ id: 'default', aliases: [], label: 'Default', description: '' }];
  const read = (raw: RawOptions) =>
    readAgentOptions(PROGRAM_OPTIONS, raw, (options) =>
      programOptions(options, '/', { command: 'agent', mode: 'default', modes }),
    );

  it('give args to the default program, too', () => {
    expect(read({ args: ['-c', 'web_search="live"'] })).toMatchObject({
      command: 'agent',
      args: ['-c', 'web_search="live"'],
    });
    expect(read({ cmd: 'other --x', args: ['y'] })).toMatchObject({ command: 'other --x', args: ['y'] });
  });

  it('take an empty text for args as none, and no other text', () => {
    expect(read({ args: '' })).toMatchObject({ command: 'agent', args: [] });
    expect(read({ cmd: 'other --x', args: '' })).toMatchObject({ command: 'other', args: ['--x'] });
    expect(() => read({ args: '--x' })).toThrow('"args" must be a list of texts');
  });
});
