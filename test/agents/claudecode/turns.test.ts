import { describe, expect, it } from 'vitest';
import { TurnBook } from '../../../src/agents/claudecode/turns.ts';
import { asId, type PromptId } from '../../../src/core/ids.ts';

const [P, Q] = [asId<PromptId>('p'), asId<PromptId>('q')];

function sent(book: TurnBook, prompt: PromptId): { folded?: boolean } {
  const told: { folded?: boolean } = {};
  book.sent(prompt, (folded) => {
    told.folded = folded;
  });
  book.written(prompt);
  return told;
}

describe('with lifecycle lines', () => {
  it('accepts a prompt when its turn starts', () => {
    const book = new TurnBook();
    const told = sent(book, P);
    book.queued(P);
    expect(told).toEqual({});
    expect(book.started(P, 'lifecycle')).toEqual([{ kind: 'turn_start', origin: 'prompt', prompts: [P] }]);
    expect(told).toEqual({ folded: false });
    expect(book.started(P, 'replay')).toEqual([]);
    expect(book.ended([], false)).toEqual({ before: [], prompts: [P] });
    expect(book.running).toBe(false);
  });

  it('accepts a prompt into the running turn as soon as it is queued, and folds it when it is taken up', () => {
    const book = new TurnBook();
    sent(book, P);
    book.queued(P);
    book.started(P, 'lifecycle');
    const told = sent(book, Q);
    book.queued(Q);
    expect(told).toEqual({ folded: true });
    expect(book.started(Q, 'lifecycle')).toEqual([{ kind: 'prompt_folded', prompt: Q }]);
    expect(book.ended([], false)?.prompts).toEqual([P, Q]);
  });

  it('gives a queued prompt that was not folded a turn of its own', () => {
    const book = new TurnBook();
    sent(book, P);
    book.started(P, 'lifecycle');
    sent(book, Q);
    book.queued(Q);
    expect(book.ended([], false)?.prompts).toEqual([P]);
    expect(book.started(Q, 'lifecycle')).toEqual([{ kind: 'turn_start', origin: 'prompt', prompts: [Q] }]);
    expect(book.ended([], false)?.prompts).toEqual([Q]);
  });

  it('begins a background turn for words nobody asked for, even while a prompt waits', () => {
    const book = new TurnBook();
    sent(book, P);
    book.started(P, 'lifecycle');
    book.ended([], false);
    sent(book, Q);
    expect(book.announced()).toEqual([]);
    expect(book.active()).toEqual([{ kind: 'turn_start', origin: 'background', prompts: [] }]);
    expect(book.ended([], true)?.prompts).toEqual([]);
    expect(book.started(Q, 'lifecycle')).toHaveLength(1);
  });
});

describe('without lifecycle lines', () => {
  it('takes the turn that begins while a prompt waits for its own', () => {
    const book = new TurnBook();
    const told = sent(book, P);
    expect(book.announced()).toEqual([{ kind: 'turn_start', origin: 'prompt', prompts: [P] }]);
    expect(told).toEqual({ folded: false });
    expect(book.active()).toEqual([]);
    expect(book.started(P, 'replay')).toEqual([]);
    expect(book.ended([], false)?.prompts).toEqual([P]);
  });

  it('gives the prompt back when the turn turns out to be the agent’s own', () => {
    const book = new TurnBook();
    sent(book, P);
    book.announced();
    expect(book.ended([], true)).toEqual({ before: [], prompts: [] });
    expect(book.announced()).toEqual([{ kind: 'turn_start', origin: 'prompt', prompts: [P] }]);
    expect(book.ended([], false)?.prompts).toEqual([P]);
  });

  it('takes the turn after a task notice for the agent’s own, and folds a prompt that shows up in it', () => {
    const book = new TurnBook();
    book.notified();
    sent(book, P);
    expect(book.announced()).toEqual([]);
    expect(book.active()).toEqual([{ kind: 'turn_start', origin: 'background', prompts: [] }]);
    expect(book.started(P, 'replay')).toEqual([{ kind: 'prompt_folded', prompt: P }]);
    expect(book.ended([], false)?.prompts).toEqual([P]);
  });

  it('accepts a prompt into the running turn when it is written', () => {
    const book = new TurnBook();
    sent(book, P);
    book.announced();
    expect(sent(book, Q)).toEqual({ folded: true });
  });

  it('begins a turn for a result of which nothing else was seen', () => {
    const book = new TurnBook();
    sent(book, P);
    expect(book.ended([], false)).toEqual({
      before: [{ kind: 'turn_start', origin: 'prompt', prompts: [P] }],
      prompts: [P],
    });
  });
});

it('knows a result that belongs to no turn', () => {
  expect(new TurnBook().ended([], false)).toBeUndefined();
});

it('ends what was accepted when the process is lost, and nothing else', () => {
  const book = new TurnBook();
  sent(book, P);
  expect(book.lost()).toBeUndefined();
  sent(book, P);
  book.started(P, 'lifecycle');
  sent(book, Q);
  book.queued(Q);
  expect(book.lost()?.prompts).toEqual([P, Q]);
  expect(book.lost()).toBeUndefined();
});

it('forgets a prompt that could not be written', () => {
  const book = new TurnBook();
  sent(book, P);
  book.dropped(P);
  expect(book.pending()()).toBe(false);
});

it('knows when everything that was there at one moment has ended, whatever came since', () => {
  const book = new TurnBook();
  expect(book.pending()()).toBe(false);
  sent(book, P);
  const isPending = book.pending();
  expect(isPending()).toBe(true);
  book.started(P, 'lifecycle');
  expect(isPending()).toBe(true);
  book.ended([], false);
  sent(book, Q);
  book.started(Q, 'lifecycle');
  expect(isPending()).toBe(false);
  expect(book.pending()()).toBe(true);
});
