import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type Moment, strikeAt } from './calls.ts';

let servers: Server[];
let urls: string[];
let happened: string[];
let stop: () => void;

beforeEach(async () => {
  happened = [];
  servers = [0, 1].map((at) =>
    createServer((request, response) => {
      happened.push(`${at}${request.url}`);
      response.end();
    }),
  );
  urls = [];
  for (const server of servers) {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    urls.push(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  }
});
afterEach(() => {
  stop();
  for (const server of servers) server.close();
});

const call = async (at: number, path: string) => (await fetch(`${urls[at]}${path}`)).text();
const strikes = (moment: Moment) => {
  stop = strikeAt(urls.slice(0, 1), moment, () => happened.push('strike'));
};

it('strikes when the n-th call comes, before it is carried out, and once', async () => {
  strikes({ nth: 2, when: 'asked', afterMs: 0 });
  for (const path of ['/a', '/b', '/c']) await call(0, path);
  expect(happened).toEqual(['0/a', 'strike', '0/b', '0/c']);
});

it('counts neither polls nor the calls of other services', async () => {
  strikes({ nth: 1, when: 'asked', afterMs: 0 });
  await call(0, '/bot1/getUpdates?timeout=40');
  await call(1, '/a');
  await call(0, '/b');
  expect(happened).toEqual(['0/bot1/getUpdates?timeout=40', '1/a', 'strike', '0/b']);
});

it('strikes some time after an answer', async () => {
  strikes({ nth: 1, when: 'answered', afterMs: 300 });
  await call(0, '/a');
  expect(happened).toEqual(['0/a']);
  await vi.waitUntil(() => happened.length > 1);
  expect(happened).toEqual(['0/a', 'strike']);
});

it('strikes no more once nobody waits', async () => {
  strikes({ nth: 1, when: 'answered', afterMs: 300 });
  await call(0, '/a');
  stop();
  await sleep(400);
  expect(happened).toEqual(['0/a']);
});
