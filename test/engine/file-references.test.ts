import { afterEach, expect, it } from 'vitest';
import type { ProjectSettings } from '../../src/engine/settings.ts';
import { Harness, plainSettings, until } from '../engine-harness/harness.ts';

let chat: Harness;
afterEach(() => chat.close());

async function answer(references: Partial<ProjectSettings['references']>): Promise<string | undefined> {
  chat = await Harness.open({ settings: { references: { ...plainSettings.references, ...references } } });
  await chat.running('where?');
  chat.agent.last?.emit({ kind: 'text', text: 'In /srv/app/src/main.ts:12.', mode: 'block' });
  chat.agent.last?.end({ status: 'ok' });
  await until('the answer', () => chat.platform.texts.length > 0);
  return chat.platform.texts[0];
}

it('shows file references in the form of the project, for all agents and platforms', async () => {
  expect(await answer({ agents: ['all'], platforms: ['all'] })).toBe('In 📄 `src/main.ts:12`.');
});

it('leaves them alone for agents and platforms that are not named', async () => {
  expect(await answer({ agents: ['all'], platforms: ['elsewhere'] })).toBe('In /srv/app/src/main.ts:12.');
});
