import { describe, expect, it } from 'vitest';
import { checkEndpoint, isLoopback } from '../../src/kit/endpoint.ts';

describe('server addresses', () => {
  it.each([
    ['https://api.telegram.org/', 'https://api.telegram.org'],
    [' https://bots.example.com:8443/base/ ', 'https://bots.example.com:8443/base'],
    ['http://127.0.0.1:8081', 'http://127.0.0.1:8081'],
    ['http://localhost:8081/x', 'http://localhost:8081/x'],
    ['http://[::1]:9', 'http://[::1]:9'],
    ['wss://x', 'wss://x'],
    ['ws://127.0.0.9', 'ws://127.0.0.9'],
  ])('%s is accepted', (url, result) => {
    expect(checkEndpoint(url)).toBe(result);
  });

  it.each([
    'http://example.com',
    'http://10.0.0.1',
    'ws://example.com',
    'http://127.0.0.1.example.com',
    'http://localhost.example.com',
  ])('%s needs insecure_http', (url) => {
    expect(() => checkEndpoint(url)).toThrow(expect.objectContaining({ code: 'endpoint_insecure' }));
    expect(checkEndpoint(url, true)).toBe(url);
  });

  it.each(['', 'example.com', 'ftp://example.com', 'http://', 'javascript:alert(1)'])(
    '%j is no server address',
    (url) => {
      expect(() => checkEndpoint(url, true)).toThrow(expect.objectContaining({ code: 'endpoint_invalid' }));
    },
  );

  it('keep their password out of messages', () => {
    expect(() => checkEndpoint('http://me:hidden@example.com')).toThrow(
      expect.not.stringContaining('hidden'),
    );
  });

  it('know this machine by all its numbers', () => {
    expect(['127.1.2.3', 'LOCALHOST', 'a.localhost', '::1'].every(isLoopback)).toBe(true);
    expect(['0.0.0.0', '128.0.0.1', '127.0.0'].some(isLoopback)).toBe(false);
  });
});
