import { describe, expect, it } from 'vitest';
import type { Runs } from './evidence.ts';
import type { Seen } from './place.ts';
import { checkWords } from './spoken.ts';

const words = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, at) => `T1qn${from + at}`).join(' ');
const line = (event: 'start' | 'said', at: number, text = '') => ({
  event,
  at,
  text,
  uuid: 'u',
  session: 's',
  pid: 1,
});
const ran: Runs = {
  starts: [line('start', 1)],
  said: [line('said', 2, 'half-T1q'), line('said', 3, words(1, 30))],
  ends: [],
};

function check(...texts: string[]): string[] {
  const messages = texts.map(
    (text, at): Seen => ({ id: `${at}`, text, replyTo: undefined, buttons: [], generating: false }),
  );
  return checkWords('T1q', messages, ran, (text) => text.startsWith('↻')).map(({ fault }) => fault);
}

describe('the check of what the agent said', () => {
  it('is content with every word once and in order', () =>
    expect(check(`half-T1q ${words(1, 10)}`, words(11, 20), words(21, 30))).toEqual([]));

  it('sees a middle part that is lost', () =>
    expect(check('half-T1q', words(1, 10), words(21, 30))).toEqual(['lost']));

  it('sees an end, or all, that is lost', () => {
    expect(check('half-T1q', words(1, 10), words(11, 20))).toEqual(['lost']);
    expect(check('⏹ stopped')).toEqual(['lost']);
  });

  it('asks for nothing that was begun when the turn had been told to stop', () => {
    const [messages, marked] = [[] as Seen[], () => false];
    expect(checkWords('T1q', messages, ran, marked, 1)).toEqual([]);
    expect(checkWords('T1q', messages, ran, marked, 2)).toMatchObject([{ fault: 'lost' }]);
  });

  it('sees parts that changed places', () =>
    expect(check('half-T1q', words(11, 20), words(1, 10), words(21, 30))).toEqual(['order']));

  it('sees a part that is doubled, unless it says so', () => {
    const parts = ['half-T1q', words(1, 10), words(11, 30)] as const;
    expect(check(parts[0], parts[1], parts[1], parts[2])).toEqual(['repeated', 'order']);
    expect(check(parts[0], parts[1], `↻ ${parts[1]}`, parts[2])).toEqual([]);
    expect(check(parts[0], `↻ ${parts[1]}`, parts[2])).toEqual([]);
  });
});
