import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, request, type Server } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LocalServer } from '../../../src/servers/local/local-server.ts';
import { socketPath } from '../../../src/servers/local/socket-path.ts';
import { FakeBackend, quietLog } from './fake-backend.ts';

let dataDir: string;
let backend: FakeBackend;
let server: LocalServer;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'cc-local-'));
  backend = new FakeBackend();
  server = new LocalServer({ backend, dataDir, log: quietLog, maxFileBytes: () => 1024 * 1024 });
  await server.start();
});
afterEach(async () => {
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
});

/** One call with a raw body. */
function call(
  method: string,
  path: string,
  body?: string | Buffer,
): Promise<{ status: number; json: unknown }> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath: server.path, method, path }, async (response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
      resolve({ status: response.statusCode ?? 0, json: JSON.parse(Buffer.concat(chunks).toString()) });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

const post = (path: string, body: unknown) => call('POST', path, JSON.stringify(body));

/** Opens an attached terminal and collects its lines. */
function attach(query = '') {
  const lines: string[] = [];
  const socket = connect(server.path);
  let rest = '';
  const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    rest += chunk.toString();
    const parts = rest.split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts.filter((line) => line.startsWith('{')));
  });
  socket.write(
    `GET /attach${query} HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: cc-terminal\r\n\r\n`,
  );
  return { socket, lines, ended };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe('the socket', () => {
  it('is readable by this user only, in a folder that is too', async () => {
    expect((await stat(server.path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(dataDir, 'run'))).mode & 0o777).toBe(0o700);
  });

  it('is removed at the end', async () => {
    await server.stop();
    expect(existsSync(server.path)).toBe(false);
  });

  it('is not taken from an instance that answers', async () => {
    const second = new LocalServer({ backend, dataDir, log: quietLog, maxFileBytes: () => 1 });
    await expect(second.start()).rejects.toMatchObject({ code: 'already_running' });
    expect((await call('GET', '/status')).status).toBe(200);
  });

  it('replaces a leftover that nobody answers on', async () => {
    await server.stop();
    const dead: Server = createServer();
    await new Promise<void>((resolve) => dead.listen(server.path, resolve));
    // Keeps the file, as a killed process does.
    const kept = `${server.path}.kept`;
    const { rename } = await import('node:fs/promises');
    await rename(server.path, kept);
    await new Promise((resolve) => dead.close(resolve));
    await rename(kept, server.path);
    server = new LocalServer({ backend, dataDir, log: quietLog, maxFileBytes: () => 1 });
    await server.start();
    expect((await call('GET', '/status')).status).toBe(200);
  });

  it('never removes a file that is no socket', async () => {
    await server.stop();
    await writeFile(server.path, 'mine');
    const again = new LocalServer({ backend, dataDir, log: quietLog, maxFileBytes: () => 1 });
    await expect(again.start()).rejects.toMatchObject({ code: 'socket_path_taken' });
    expect(await readFile(server.path, 'utf8')).toBe('mine');
  });

  it('moves to a short path when the data directory is too long for a socket address', () => {
    const long = `/tmp/${'x'.repeat(120)}`;
    expect(Buffer.byteLength(socketPath(long))).toBeLessThan(100);
    expect(socketPath(long)).not.toBe(socketPath(`${long}y`));
  });
});

describe('POST /send', () => {
  it('passes text, mentions and folder on', async () => {
    const answer = await post('/send', {
      project: 'demo',
      session_key: 'telegram:1:2',
      message: 'hi',
      at_users: ['7'],
      at_all: true,
      work_dir: '/srv',
    });
    expect(answer).toMatchObject({ status: 200, json: { status: 'ok' } });
    expect(backend.sent).toEqual([
      {
        project: 'demo',
        session: 'telegram:1:2',
        message: 'hi',
        cwd: '/srv',
        files: [],
        atUsers: ['7'],
        atAll: true,
      },
    ]);
  });

  it('takes a file by path and tells its type by its first bytes', async () => {
    const path = join(dataDir, 'picture.bin');
    await writeFile(path, Buffer.from('89504e470d0a1a0a00', 'hex'));
    expect((await post('/send', { images: [{ path }] })).status).toBe(200);
    expect(backend.sent[0]?.files).toEqual([
      { kind: 'image', path, name: 'picture.bin', mime: 'image/png', size: 9, uploaded: false },
    ]);
  });

  it('stages uploaded bytes for the call and removes them after it', async () => {
    let content = '';
    let path = '';
    backend.onSend = async (sent) => {
      path = sent.files[0]?.path ?? '';
      content = await readFile(path, 'utf8');
      expect((await stat(path)).mode & 0o777).toBe(0o600);
    };
    const data = Buffer.from('report').toString('base64');
    const answer = await post('/send', {
      files: [{ FileName: '../../etc/report.txt', MimeType: 'text/plain', Data: data }],
    });
    expect(answer.status).toBe(200);
    expect(content).toBe('report');
    expect(backend.sent[0]?.files[0]).toMatchObject({ name: 'report.txt', size: 6, uploaded: true });
    expect(existsSync(path)).toBe(false);
  });

  it.each([
    ['nothing at all', {}, 'nothing to send'],
    ['a picture that is none', { images: [{ data: 'aGk=', name: 'a.txt' }] }, 'not an image'],
    ['a relative path', { files: [{ path: 'a.txt' }] }, 'absolute'],
    ['a path that is missing', { files: [{ path: '/nonexistent/a' }] }, 'cannot read'],
    ['a folder', { files: [{ path: '/' }] }, 'not a regular file'],
    ['broken base64', { files: [{ data: '***', name: 'x' }] }, 'base64'],
    ['a wrong type', { message: 5 }, '"message" must be text'],
    ['mentions that are no list', { message: 'x', at_users: 'a' }, 'at_users'],
  ])('refuses %s with a reason', async (_name, body, reason) => {
    const answer = await post('/send', body);
    expect(answer.status).toBe(400);
    expect(JSON.stringify(answer.json)).toContain(reason.replaceAll('"', '\\"'));
    expect(backend.sent).toEqual([]);
  });

  it('refuses a file over the limit', async () => {
    const path = join(dataDir, 'big');
    await writeFile(path, Buffer.alloc(1024 * 1024 + 1));
    expect(await post('/send', { files: [{ path }] })).toMatchObject({
      status: 400,
      json: { code: 'file_too_large' },
    });
  });

  it('refuses a body over the cap without reading it all', async () => {
    const answer = await call('POST', '/send', Buffer.alloc(11 * 1024 * 1024, 32)).catch(() => ({
      status: 413,
      json: {},
    }));
    expect(answer.status).toBe(413);
    expect((await call('GET', '/status')).status).toBe(200);
  });

  it('answers 404 with the backend’s words for an unknown project', async () => {
    expect(await post('/send', { project: 'nobody', message: 'x' })).toMatchObject({
      status: 404,
      json: { error: 'project "nobody" is not known' },
    });
  });
});

describe('other calls', () => {
  it('lists sessions with the key under its compatible name', async () => {
    const { json } = await call('GET', '/sessions');
    expect(json).toMatchObject([{ project: 'demo', session_key: 'telegram:1:2', platform: 'telegram' }]);
  });

  it('answers each query', async () => {
    expect((await call('GET', '/sessions/show?id=s1')).json).toMatchObject({ id: 's1' });
    expect((await call('GET', '/agent-sid')).json).toEqual({ id: 'native-1' });
    expect((await call('GET', '/agent-sid?session=none')).json).toEqual({ id: null });
    expect((await call('GET', '/trace?id=m1')).json).toMatchObject({ entries: [{ what: 'input' }] });
    expect((await call('POST', '/reload')).json).toMatchObject({ applied: ['language'] });
    expect((await post('/pair/approve', { code: 'abcd2345' })).json).toMatchObject({ state: 'approved' });
    expect((await post('/pair/revoke', { id: 'p1' })).json).toMatchObject({ state: 'revoked' });
    expect((await call('GET', '/doctor')).json).toMatchObject([{ area: 'agent' }]);
    await post('/shutdown', { reason: 'replaced' });
    expect(backend.stopped).toEqual(['replaced']);
  });

  it('tells what is missing, unknown or used with the wrong method', async () => {
    expect((await call('GET', '/trace')).status).toBe(400);
    expect((await call('GET', '/sessions/show?id=zz')).status).toBe(404);
    expect((await call('GET', '/sessions/show?id=s1&last=-1')).status).toBe(400);
    expect((await call('GET', '/cron/list')).status).toBe(404);
    expect((await call('GET', '/send')).json).toMatchObject({ code: 'bad_method' });
    expect((await call('GET', '/__proto__')).status).toBe(404);
    expect((await call('GET', '//')).status).toBeGreaterThanOrEqual(400);
  });
});

describe('an attached terminal', () => {
  it('is greeted, its frames arrive, and its end is told', async () => {
    const client = attach('?session=work');
    await until(() => client.lines.length > 0);
    expect(JSON.parse(client.lines[0] ?? '')).toMatchObject({ t: 'hello', session: 'work' });
    client.socket.write('{"t":"input","id":"aaaaaaaa-1","text":"hel');
    client.socket.write('lo","at":1}\n{"t":"ack","ack":3,"known":true}\n');
    await until(() => backend.frames.length === 2);
    expect(backend.frames).toEqual([
      { t: 'input', id: 'aaaaaaaa-1', text: 'hello', at: 1 },
      { t: 'ack', ack: 3, known: true },
    ]);
    client.socket.end();
    await until(() => backend.closed > 0);
  });

  it('is told why it cannot attach', async () => {
    const client = attach('?project=nobody');
    await client.ended;
    expect(JSON.parse(client.lines[0] ?? '')).toMatchObject({ t: 'refused', code: 'not_found' });
  });

  it('survives garbage lines and goes on with the next good one', async () => {
    const client = attach();
    await until(() => client.lines.length > 0);
    client.socket.write(Buffer.from([0xff, 0xfe, 0x0a]));
    client.socket.write('[]\n"x"\n{}\n{"t":"input","id":"x","text":"a"}\n{"t":"action"}\nnull\n\n');
    client.socket.write('{"t":"stop","id":"aaaaaaaa-9","at":1}\n');
    await until(() => backend.frames.length > 0);
    expect(backend.frames).toEqual([{ t: 'stop', id: 'aaaaaaaa-9', at: 1 }]);
    client.socket.destroy();
  });

  it('is disconnected when the daemon stops', async () => {
    const client = attach();
    await until(() => client.lines.length > 0);
    await server.stop();
    await client.ended;
  });
});

describe('bad bodies', () => {
  /** A small generator of our own, so that a failure can be repeated by its seed. */
  function random(seed: number): () => number {
    let state = seed;
    return () => {
      state = (state * 1664525 + 1013904223) % 4294967296;
      return state / 4294967296;
    };
  }

  function value(next: () => number, depth: number): unknown {
    const scalars = ['', 'x', '\u0000', '/etc', -1, 1e308, true, null, [], {}, 'ü😀'];
    const pick = Math.floor(next() * (depth > 3 ? scalars.length : scalars.length + 2));
    if (pick < scalars.length) return scalars[pick];
    if (pick === scalars.length) return [value(next, depth + 1), value(next, depth + 1)];
    const keys = ['path', 'data', 'name', 'mime', 'Data', '__proto__', 'message'];
    return Object.fromEntries([[keys[Math.floor(next() * keys.length)], value(next, depth + 1)]]);
  }

  it('are answered with a client error or taken, never with a crash', async () => {
    const fields = [
      'project',
      'session_key',
      'message',
      'images',
      'files',
      'audios',
      'videos',
      'at_users',
      'cwd',
    ];
    for (let seed = 1; seed <= 300; seed++) {
      const next = random(seed);
      const body = Object.fromEntries(fields.filter(() => next() < 0.4).map((f) => [f, value(next, 0)]));
      const answer = await post('/send', body);
      expect([200, 400, 404], `seed ${seed}: ${JSON.stringify(body)}`).toContain(answer.status);
    }
  });

  it('that are no JSON object are refused', async () => {
    await mkdir(join(dataDir, 'x'));
    for (const body of ['{', '[]', '"a"', '12', '\u0000', '{"message":', Buffer.from([0xff, 0xfe, 0x00])])
      expect((await call('POST', '/send', body)).status).toBe(400);
  });

  it('that break HTTP itself do not harm later calls', async () => {
    for (const junk of [
      '\u0000\u0001',
      'GET',
      'POST /send HTTP/1.1\r\ncontent-length: x\r\n\r\n',
      '\r\n\r\n\r\n',
    ]) {
      const socket = connect(server.path);
      socket.on('error', () => {});
      socket.resume().end(junk);
      await new Promise((resolve) => socket.once('close', resolve));
    }
    expect((await call('GET', '/status')).status).toBe(200);
  });
});
