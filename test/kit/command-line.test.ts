import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { choiceOption, commandOf } from '../../src/kit/command-line.ts';

describe('the program of an agent', () => {
  it('is a text or a list, under its new name or an older one', () => {
    expect(commandOf({})).toBeUndefined();
    expect(commandOf({ cmd: 'npx "my agent" --x' })).toEqual({ command: 'npx', args: ['my agent', '--x'] });
    expect(commandOf({ cli_path: '~/bin/x' })).toEqual({ command: join(homedir(), 'bin/x'), args: [] });
    expect(commandOf({ command: ['a b', 'c'], cmd: 'd', cli_path: 'e', args: ['f'] })).toEqual({
      command: 'a b',
      args: ['c', 'f'],
    });
    expect(() => commandOf({ cmd: [1] })).toThrow('"command"');
  });
});

describe('an option that is one of some words', () => {
  const chosen = (backend?: unknown) => choiceOption({ backend }, 'backend', ['stream-json', 'app_server']);

  it('is the first unless told otherwise, whatever the letter case and the dashes', () => {
    expect(chosen()).toBe('stream-json');
    expect(chosen('')).toBe('stream-json');
    expect(chosen('Stream_JSON')).toBe('stream-json');
    expect(chosen('app-server')).toBe('app_server');
  });

  it('names the words there are', () => {
    expect(() => chosen('telnet')).toThrow('"backend" must be "stream-json" or "app_server"');
    expect(() => chosen(7)).toThrow('must be a string');
  });
});
