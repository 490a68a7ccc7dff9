import { afterEach, describe, expect, it } from 'vitest';
import { Harness } from '../../engine-harness/harness.ts';

let chat: Harness;
afterEach(() => chat.close());

const audit = () => chat.queries.audits(chat.context.name, 10).map(({ action }) => action);

describe('a command that is switched off', () => {
  it.each(['quiet', '/quiet', '*'])(
    'by the word %s is refused, typed or pressed, and noted',
    async (word) => {
      chat = await Harness.open({ settings: { disabledCommands: [word] } });
      expect(await chat.ask('/quiet compact')).toContain('switched off');
      const reply = await chat.press('act:/quiet compact');
      expect(JSON.stringify(reply.card)).toContain('switched off');
      expect(chat.context.settings.display.mode).toBe('full');
      expect(audit()).toEqual(['command.refused', 'command.refused']);
    },
  );

  it('is refused by its alias and by a shortened name as well', async () => {
    chat = await Harness.open({ settings: { disabledCommands: ['btw', 'version'] } });
    expect(await chat.ask('/ps hello')).toContain('switched off');
    expect(await chat.ask('/vers')).toContain('switched off');
  });
});

describe('a person who is not allowed', () => {
  it('changes nothing by pressing a button', async () => {
    chat = await Harness.open({ allowFrom: 'alice' });
    const reply = await chat.press('act:/quiet compact', { id: 'mallory' });
    expect(reply.toastKind).toBe('error');
    expect(chat.context.settings.display.mode).toBe('full');
    expect(audit()).toEqual(['access.refused']);
  });
});
