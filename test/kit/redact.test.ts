import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/core/errors.ts';
import { Redactor } from '../../src/kit/redact.ts';

const BOT = `123456789:${'AAbb-_cc'.repeat(5).slice(0, 35)}`;
const none = new Redactor();

describe('redaction', () => {
  it.each([
    [`GET https://api.telegram.org/bot${BOT}/getMe`, BOT],
    ['app_secret=abcdef123456&x=1', 'abcdef123456'],
    ['{"app_secret":"abcdef123456","app_id":"cli_1"}', 'abcdef123456'],
    ['"{\\"appSecret\\":\\"abcdef123456\\"}"', 'abcdef123456'],
    ['Authorization: Bearer t-abcdefgh12345678', 't-abcdefgh12345678'],
    ['key sk-ant-api03-abcdefghijklmnop', 'sk-ant-api03-abcdefghijklmnop'],
    ['xoxb-1234567890-abc', 'xoxb-1234567890-abc'],
    ['ghp_abcdefghijklmnopqrstuvwxyz', 'ghp_abcdefghijklmnopqrstuvwxyz'],
    ['http://user:pa55word@proxy:8080', 'pa55word'],
    ['jwt eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.sig_nature', 'eyJzdWIiOiIxMjM0'],
  ])('hides what looks like a secret: %s', (text, secret) => {
    expect(none.text(text)).not.toContain(secret);
    expect(none.text(text)).toContain('***');
  });

  it('leaves ordinary text alone', () => {
    for (const text of [
      'took 12 tokens: fine',
      'task-list done',
      'at 12:30:45',
      'http://host:8080/path',
      '2026-11-21',
    ]) {
      expect(none.text(text)).toBe(text);
    }
  });

  it('hides known secrets as they are, in addresses and in JSON, the longer first', () => {
    const redactor = new Redactor(['p@ss/word "x"', 'p@ss/word', 'short']);
    redactor.add(['later-secret']);
    expect(redactor.text(`a p@ss/word "x" b ${encodeURIComponent('p@ss/word')} c short later-secret`)).toBe(
      'a *** b *** c short ***',
    );
    expect(redactor.text(JSON.stringify({ v: 'p@ss/word "x"' }))).toBe('{"v":"***"}');
  });

  it('cleans nested values, errors with causes, and survives cycles', () => {
    const redactor = new Redactor(['hunter22']);
    const error = new AppError('net', 'GET hunter22', { cause: new Error('deep hunter22') });
    const value: Record<string, unknown> = {
      list: ['hunter22'],
      bot_token: 'x',
      token: '',
      n: 1,
      error,
      bytes: Buffer.alloc(3),
    };
    value.self = value;
    const clean = redactor.value(value) as Record<string, unknown>;
    expect(JSON.stringify(clean)).not.toContain('hunter22');
    expect(clean).toMatchObject({
      list: ['***'],
      bot_token: '***',
      token: '',
      n: 1,
      error: { name: 'AppError', code: 'net', message: 'GET ***', cause: { message: 'deep ***' } },
      bytes: '[3 bytes]',
      self: '[circular]',
    });
    expect(value.bot_token).toBe('x');
  });
});
