import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COMMAND_OPTIONS, commandOf } from '../../src/kit/command-line.ts';
import { type RawOptions, readAgentOptions } from '../../src/kit/option-reader.ts';

describe('the program of an agent', () => {
  const program = (raw: RawOptions) => readAgentOptions(COMMAND_OPTIONS, raw, commandOf);

  it('is a text or a list, under its new name or an older one', () => {
    expect(program({})).toBeUndefined();
    expect(program({ cmd: 'npx "my agent" --x' })).toEqual({ command: 'npx', args: ['my agent', '--x'] });
    expect(program({ cli_path: '~/bin/x' })).toEqual({ command: join(homedir(), 'bin/x'), args: [] });
    expect(program({ command: ['a b', 'c'], cmd: 'd', cli_path: 'e', args: ['f'] })).toEqual({
      command: 'a b',
      args: ['c', 'f'],
    });
    expect(() => program({ cmd: [1] })).toThrow('"cmd" must be a list of texts');
    expect(() => program({ cmd: '' })).toThrow('"cmd" must name a program');
  });
});
