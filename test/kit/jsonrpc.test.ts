import { describe, expect, it } from 'vitest';
import { RpcError, type RpcHandlers, RpcPeer } from '../../src/kit/jsonrpc.ts';

/** Two peers wired to each other, and what each wrote. */
function pair(left: Partial<RpcHandlers>, right: Partial<RpcHandlers>) {
  const wire: unknown[] = [];
  const peers: RpcPeer[] = [];
  const make = (handlers: Partial<RpcHandlers>, other: number) =>
    new RpcPeer(
      async (line) => {
        expect(line.endsWith('\n')).toBe(true);
        wire.push(JSON.parse(line));
        await Promise.resolve();
        peers[other]?.receive(JSON.parse(line));
      },
      { requests: {}, onNotification: () => undefined, ...handlers },
    );
  const [a, b] = [make(left, 1), make(right, 0)];
  peers.push(a, b);
  return { a, b, wire };
}

describe('a JSON-RPC peer', () => {
  it('asks and answers in both directions at once', async () => {
    const { a, b, wire } = pair(
      { requests: { name: async () => 'left' } },
      {
        requests: {
          greet: async (params) =>
            `hello ${(params as { who: string }).who} from ${await b.request('name', {})}`,
        },
      },
    );
    expect(await a.request('greet', { who: 'you' })).toBe('hello you from left');
    expect(wire[0]).toEqual({ jsonrpc: '2.0', id: 1, method: 'greet', params: { who: 'you' } });
    expect(wire.at(-1)).toEqual({ jsonrpc: '2.0', id: 1, result: 'hello you from left' });
  });

  it('answers an unknown method with -32601, and a failing one with its error', async () => {
    const { a } = pair(
      {},
      {
        requests: {
          fail: () => Promise.reject(new Error('no')),
          refuse: () => Promise.reject(new RpcError(-32000, 'denied', { why: 1 })),
        },
      },
    );
    await expect(a.request('nope', {})).rejects.toMatchObject({ rpcCode: -32601 });
    await expect(a.request('toString', {})).rejects.toMatchObject({ rpcCode: -32601 });
    await expect(a.request('fail', {})).rejects.toMatchObject({ rpcCode: -32603, message: 'no' });
    await expect(a.request('refuse', {})).rejects.toMatchObject({ rpcCode: -32000, data: { why: 1 } });
  });

  it('hands notifications on and never answers them', async () => {
    const seen: unknown[] = [];
    const { a, wire } = pair({}, { onNotification: (method, params) => seen.push([method, params]) });
    await a.notify('progress', { n: 1 });
    expect(seen).toEqual([['progress', { n: 1 }]]);
    expect(wire).toHaveLength(1);
  });

  it('cancels a request on the other side', async () => {
    let reason = 'none';
    const { a } = pair(
      {},
      {
        requests: {
          slow: (_params, signal) =>
            new Promise((resolve) =>
              signal.addEventListener('abort', () => {
                reason = 'cancelled';
                resolve(undefined);
              }),
            ),
        },
      },
    );
    const abort = new AbortController();
    const asked = a.request('slow', {}, abort.signal);
    await new Promise((resolve) => setImmediate(resolve));
    abort.abort(new Error('enough'));
    await expect(asked).rejects.toThrow('enough');
    await expect.poll(() => reason).toBe('cancelled');
  });

  it('rejects what is open when the connection ends, aborts handlers, and refuses new requests', async () => {
    let aborted = false;
    const { a, b } = pair(
      {},
      {
        requests: {
          slow: (_params, signal) =>
            new Promise(() => signal.addEventListener('abort', () => (aborted = true))),
        },
      },
    );
    const asked = a.request('slow', {});
    await new Promise((resolve) => setImmediate(resolve));
    a.close(new Error('gone'));
    b.close(new Error('gone'));
    await expect(asked).rejects.toThrow('gone');
    await expect(a.request('slow', {})).rejects.toThrow('gone');
    expect(aborted).toBe(true);
  });

  it('survives strange messages', () => {
    const stray: unknown[] = [];
    const peer = new RpcPeer(async () => undefined, {
      requests: {},
      onNotification: () => undefined,
      onStray: (one) => stray.push(one),
    });
    for (const message of [{}, { id: 99, result: 1 }, { id: null, error: null }, { id: {}, method: 7 }])
      peer.receive(message);
    peer.receive({ method: '$/cancelRequest', params: null });
    expect(stray).toHaveLength(4);
  });
});
