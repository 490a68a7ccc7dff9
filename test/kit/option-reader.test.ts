import { describe, expect, it } from 'vitest';
import { OptionsError } from '../../src/core/options.ts';
import { OptionReader, readAgentOptions, readPlatformOptions } from '../../src/kit/option-reader.ts';

const NAMES = ['backend', 'token', 'port', 'env', 'api_url', 'tools', 'on'] as const;
const reader = (raw: Record<string, unknown>) => new OptionReader<(typeof NAMES)[number]>(NAMES, raw);

describe('the options of an adapter', () => {
  it('are told with everything that is wrong at once, each by its key', () => {
    const raw = { token: 7, port: 1.5, env: { A: [], B: 2 }, api_url: 'http://example.com', on: 'yes' };
    const read = () =>
      readPlatformOptions('sample', NAMES, raw, (options) => [
        options.text('token'),
        options.whole('port', 1, 9),
        options.table('env'),
        options.endpoint('api_url', false),
        options.flag('on'),
      ]);
    const error = thrownBy(read);
    expect(error.code).toBe('options_invalid');
    expect(error.issues.map(({ key }) => key)).toEqual(['token', 'port', 'env.A', 'api_url', 'on']);
    expect(error.message).toContain('sample: api_url cannot be used: http://example.com is not encrypted');
  });

  it('are told one by one with the advice there is', () => {
    const read = () =>
      readAgentOptions(NAMES, {}, (options) => options.wrong('token', 'is missing', 'get one'));
    expect(thrownBy(read)).toMatchObject({ message: 'agent option "token" is missing', advice: 'get one' });
  });

  it('of which one has several faults are told with the first of them', () => {
    const options = reader({ port: 'x' });
    options.whole('port', 1);
    options.wrong('port', 'is taken');
    expect(options.issues).toEqual([{ key: 'port', message: 'must be a whole number of at least 1' }]);
  });

  it('that the adapter does not declare cannot be read', () => {
    const options = new OptionReader<string>(['a'], { b: 1 });
    expect(() => options.value('b')).toThrow('does not declare its option "b"');
  });

  it('may be lists, or one text that is split', () => {
    expect(reader({ tools: 'a, b,' }).texts('tools', ',')).toEqual(['a', 'b']);
    expect(reader({ tools: ['a,b'] }).texts('tools', ',')).toEqual(['a,b']);
    const alone = reader({ tools: 'a' });
    expect(alone.texts('tools')).toBeUndefined();
    expect(alone.issues).toHaveLength(1);
  });

  it('count as not set when they are empty', () => {
    const options = reader({ token: '', backend: '  ' });
    expect([options.text('token'), options.word('backend'), options.text('api_url')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(options.issues).toEqual([]);
  });
});

describe('an option that is one of some words', () => {
  const chosen = (backend?: unknown) =>
    readAgentOptions(NAMES, { backend }, (options) =>
      options.choice('backend', ['stream-json', 'app_server', 'exec']),
    );

  it('is the first unless told otherwise, whatever the letter case and the dashes', () => {
    expect(chosen()).toBe('stream-json');
    expect(chosen('')).toBe('stream-json');
    expect(chosen('Stream_JSON')).toBe('stream-json');
    expect(chosen('app-server')).toBe('app_server');
  });

  it('names the words there are', () => {
    expect(() => chosen('telnet')).toThrow('"backend" must be "stream-json", "app_server" or "exec"');
    expect(() => chosen(7)).toThrow('must be text in quotes');
  });
});

function thrownBy(run: () => unknown): OptionsError {
  try {
    run();
  } catch (error) {
    if (error instanceof OptionsError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
