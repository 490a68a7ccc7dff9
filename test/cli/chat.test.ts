import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { completer } from '../../src/cli/chat/completion.ts';
import { LineView } from '../../src/cli/chat/line-view.ts';
import { printable } from '../../src/cli/chat/printable.ts';
import { ansiStyle, markdown, plainStyle, renderBody } from '../../src/cli/chat/render.ts';
import { fold } from '../../src/cli/chat/screen.ts';
import { buttonFor, Transcript } from '../../src/cli/chat/transcript.ts';
import { main } from '../../src/cli/main.ts';
import type { Button } from '../../src/core/card.ts';
import type { TerminalBody } from '../../src/platforms/terminal/frames.ts';
import { LocalServer } from '../../src/servers/local/local-server.ts';
import { FakeBackend, quietLog } from '../servers/local/fake-backend.ts';
import { fakeIo } from './fake-io.ts';

const allow: Button = { label: 'Allow', data: 'd1', style: 'primary' };
const always: Button = { label: 'Always', data: 'd2' };
const deny: Button = { label: 'Deny', data: 'd3', style: 'danger' };
const asking: TerminalBody = {
  kind: 'card',
  card: { title: 'May it?', blocks: [{ kind: 'buttons', rows: [[allow, deny], [always]] }] },
};
const text = (content: string): TerminalBody => ({ kind: 'text', markdown: content });

describe('a transcript', () => {
  it('shows a message once, however often it is delivered, and confirms it each time', () => {
    const transcript = new Transcript();
    const frame = { t: 'message', ack: 1, key: 'k', ref: 'k', body: text('hi') } as const;
    expect(transcript.take(frame)).toEqual({
      show: [{ kind: 'body', body: text('hi') }],
      ack: { ack: 1, known: true },
    });
    expect(transcript.take({ ...frame, ack: 2 })).toEqual({ show: [], ack: { ack: 2, known: true } });
  });

  it('shows of a growing text only what is new', () => {
    const transcript = new Transcript();
    transcript.take({ t: 'message', ack: 1, key: 'k', ref: 'k', body: text('one') });
    const edit = transcript.take({ t: 'edit', ack: 2, ref: 'k', body: text('one\ntwo') });
    expect(edit.show).toEqual([{ kind: 'more', text: 'two' }]);
    expect(transcript.take({ t: 'edit', ack: 3, ref: 'k', body: text('one\ntwo') }).show).toEqual([]);
    expect(transcript.take({ t: 'edit', ack: 4, ref: 'x', body: text('') }).ack).toEqual({
      ack: 4,
      known: false,
    });
  });

  it('turns a preview it saw into the final text and denies knowing another', () => {
    const transcript = new Transcript();
    transcript.take({ t: 'preview', ref: 'p', seq: 2, markdown: 'par' });
    expect(transcript.take({ t: 'preview', ref: 'p', seq: 1, markdown: 'p' }).show).toEqual([]);
    expect(transcript.take({ t: 'finish', ack: 1, ref: 'q', body: text('x') }).ack?.known).toBe(false);
    const finish = transcript.take({ t: 'finish', ack: 2, ref: 'p', body: text('partial') });
    expect(finish.show).toEqual([{ kind: 'no_preview' }, { kind: 'body', body: text('partial') }]);
    expect(finish.ack).toEqual({ ack: 2, known: true });
    expect(transcript.take({ t: 'finish', ack: 3, ref: 'p', body: text('partial') })).toEqual({
      show: [],
      ack: { ack: 3, known: true },
    });
  });

  it('keeps a question open while the turn runs and closes it when it is resolved', () => {
    const transcript = new Transcript();
    transcript.busy = true;
    transcript.take({ t: 'message', ack: 1, key: 'a', ref: 'a', body: asking });
    transcript.take({ t: 'message', ack: 2, key: 'b', ref: 'b', body: asking });
    transcript.spoke();
    expect(transcript.openCard?.ref).toBe('b');
    transcript.take({ t: 'edit', ack: 3, ref: 'b', body: text('allowed') });
    expect(transcript.openCard?.ref).toBe('a');
    transcript.busy = false;
    transcript.spoke();
    expect(transcript.openCard).toBeUndefined();
  });
});

describe('the answer to a button', () => {
  it('replaces the card once, however it is told', () => {
    const transcript = new Transcript();
    transcript.take({ t: 'message', ack: 1, key: 'q', ref: 'q', body: asking });
    transcript.answered('q', 'action-1');
    const card = { blocks: [{ kind: 'text', markdown: 'Allowed' }] } as const;
    const result = { t: 'result', id: 'action-1', verdict: 'accepted', detail: 'Allowed', card } as const;
    expect(transcript.take(result).show).toEqual([{ kind: 'body', body: { kind: 'card', card } }]);
    expect(transcript.take({ t: 'edit', ack: 2, ref: 'q', body: { kind: 'card', card } }).show).toEqual([]);
  });

  it('is a note when nothing is replaced, and says when nothing was stored', () => {
    const transcript = new Transcript();
    const done = { t: 'result', id: 'a', verdict: 'accepted', detail: 'Done' } as const;
    expect(transcript.take(done).show).toEqual([{ kind: 'note', text: 'Done' }]);
    const [note] = transcript.take({ ...done, verdict: 'failed', detail: 'disk full' }).show;
    expect(note).toMatchObject({ text: 'not taken: disk full; send it again' });
  });
});

describe('keys', () => {
  it('answer by number, and by y, n, a where something can be refused', () => {
    const buttons = [allow, deny, always];
    expect(['1', '2', '3', '4'].map((key) => buttonFor(key, buttons))).toEqual([
      allow,
      deny,
      always,
      undefined,
    ]);
    expect(['y', 'N', 'a', 'x'].map((key) => buttonFor(key, buttons))).toEqual([
      allow,
      deny,
      always,
      undefined,
    ]);
    expect(buttonFor('y', [always, allow])).toBeUndefined();
  });

  it('complete commands in the first word only', () => {
    const commands = [
      { name: 'new', description: '' },
      { name: 'name', description: '' },
    ];
    expect(completer('/n', commands)[0]).toEqual(['/new ', '/name ']);
    expect(completer('/new x', commands)[0]).toEqual([]);
    expect(completer('hello', commands)[0]).toEqual([]);
  });
});

describe('what is shown', () => {
  it('cannot make the terminal obey', () => {
    expect(printable('a\u001b[2J\u001b]0;title\u0007b\u009b1mc\rd\te\n')).toBe('ab1mcd\te\n');
    expect(renderBody(text('\u001b[31mred'), plainStyle)).toBe('red');
  });

  it('shows nothing a terminal would obey in lines either', () => {
    const io = fakeIo('/');
    const view = new LineView(io);
    const evil = 'a\u001b]52;c;aGk=\u0007\u001b[2Jb';
    view.show({ kind: 'body', body: text(evil) });
    view.show({ kind: 'more', text: evil });
    view.show({ kind: 'note', text: evil });
    expect([...io.lines, ...io.errors]).toEqual(['ab', 'ab', '(ab)']);
  });

  it('numbers the buttons of a card', () => {
    const lines = renderBody(asking, plainStyle).split('\n');
    expect(lines).toEqual(['│ May it?', '│ [1] Allow  [2] Deny', '│ [3] Always']);
  });

  it('dresses markdown on a screen and leaves it alone in plain output', () => {
    expect(markdown('# T\n**b** `c`', ansiStyle)).toBe(
      '\u001b[1mT\u001b[22m\n\u001b[1mb\u001b[22m \u001b[36mc\u001b[39m',
    );
    expect(markdown('# T\n**b** `c`', plainStyle)).toBe('# T\n**b** `c`');
  });

  it('takes escapes out of the text but not out of code', () => {
    expect(markdown('a \\[b\\] `c\\[`\n```\nd\\[\n```', plainStyle)).toBe('a [b] `c\\[`\n```\nd\\[\n```');
  });

  it('folds wide characters by their cells', () => {
    expect(fold('ab', 10)).toEqual(['ab']);
    expect(fold('漢字漢字', 5)).toEqual(['漢字', '漢字']);
  });
});

describe('cc-connect chat without a terminal', () => {
  let folder: string;
  let backend: FakeBackend;
  let server: LocalServer;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cc-chat-'));
    backend = new FakeBackend();
    server = new LocalServer({ backend, dataDir: folder, log: quietLog, maxFileBytes: () => 1 });
    await server.start();
  });
  afterEach(async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('feeds one line after the other, answers a question by its key, prints the result and ends', async () => {
    let ack = 0;
    backend.onFrame = (frame, client) => {
      if (frame.t === 'ack') return;
      client.send({ t: 'result', id: frame.id, verdict: 'accepted' });
      if (frame.t === 'input') {
        client.send({ t: 'activity', on: true });
        client.send({ t: 'preview', ref: 'p', seq: 1, markdown: 'half an ans' });
        client.send({ t: 'message', ack: ++ack, key: 'q', ref: 'q', body: asking });
      }
      if (frame.t === 'action') {
        client.send({ t: 'edit', ack: ++ack, ref: 'q', body: text('Allowed') });
        client.send({ t: 'finish', ack: ++ack, ref: 'p', body: text('half an answer') });
        client.send({ t: 'activity', on: false });
      }
    };
    const io = fakeIo(folder, { CC_DATA_DIR: folder });
    io.typed.end('do it\ny\n');
    expect(await main(['chat', '--session', 'work'], io)).toBe(0);
    expect(backend.attachedTo).toEqual([{ session: 'work' }]);
    expect(backend.frames.filter((frame) => frame.t !== 'ack')).toMatchObject([
      { t: 'input', text: 'do it' },
      { t: 'action', data: 'd1', ref: 'q' },
    ]);
    expect(io.lines).toEqual([
      '│ May it?',
      '│ [1] Allow  [2] Deny',
      '│ [3] Always',
      'Allowed',
      'half an answer',
    ]);
  });

  it('sends again under the same id what was not confirmed before the connection broke', async () => {
    let first = '';
    backend.onFrame = (frame, client) => {
      if (frame.t !== 'input') return;
      if (first === '') {
        first = frame.id;
        void server.stop().then(async () => {
          server = new LocalServer({ backend, dataDir: folder, log: quietLog, maxFileBytes: () => 1 });
          await server.start();
        });
      } else
        client.send({ t: 'result', id: frame.id, verdict: frame.id === first ? 'accepted' : 'duplicate' });
    };
    const io = fakeIo(folder, { CC_DATA_DIR: folder });
    io.typed.end('hello\n');
    expect(await main(['chat'], io)).toBe(0);
    const inputs = backend.frames.filter((frame) => frame.t === 'input');
    expect(inputs.map((frame) => frame.id)).toEqual([first, first]);
    expect(io.errors.join('\n')).toContain('connection lost');
  });

  it('fails with the reason when the project is unknown', async () => {
    const io = fakeIo(folder, { CC_DATA_DIR: folder });
    expect(await main(['chat', '--project', 'nobody'], io)).toBe(1);
    expect(io.errors[0]).toBe('Error: project "nobody" is not known');
  });
});
