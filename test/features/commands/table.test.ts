import { describe, expect, it } from 'vitest';
import type { AgentCapabilities } from '../../../src/core/agent.ts';
import { CommandTable } from '../../../src/engine/command-table.ts';
import { commandReference } from '../../../src/features/commands/reference.ts';
import { coreCommands } from '../../../src/features/commands/table.ts';
import { fakeCapabilities } from '../../engine-harness/fake-agent.ts';

const table = new CommandTable(coreCommands);

function urgency(text: string, agent: AgentCapabilities = fakeCapabilities): string {
  const command = table.parse(text);
  if (!command) throw new Error(`${text} is no command`);
  return table.isOrdered(command, agent) ? 'ordered' : 'immediate';
}

describe('which command overtakes the queue', () => {
  it.each([
    '/stop',
    '/cancel',
    '/ps hi',
    '/help',
    '/status',
    '/list',
    '/history',
    '/current',
    '/model',
    '/lang',
  ])('%s overtakes', (text) => {
    expect(urgency(text)).toBe('immediate');
  });

  it.each(['/new', '/switch 2', '/name x', '/model opus', '/lang ja', '/quiet'])(
    '%s waits its turn',
    (text) => {
      expect(urgency(text)).toBe('ordered');
    },
  );

  it('/mode waits only where the agent cannot change it live', () => {
    expect(urgency('/mode plan')).toBe('immediate');
    expect(urgency('/mode plan', { ...fakeCapabilities, liveMode: false })).toBe('ordered');
    expect(urgency('/mode', { ...fakeCapabilities, liveMode: false })).toBe('immediate');
  });
});

describe('the table of commands', () => {
  it('finds commands by alias and by unique prefix only', () => {
    expect(table.find('btw')?.name).toBe('ps');
    expect(table.find('REN')?.name).toBe('name');
    expect(table.find('st')).toBeUndefined();
    expect(table.find('stat')?.name).toBe('status');
  });

  it('has names every platform menu takes', () => {
    for (const { name } of coreCommands) expect(name).toMatch(/^[a-z0-9_]{1,32}$/);
  });

  it('becomes one documentation row per command, with its urgency', () => {
    const lines = commandReference(coreCommands).split('\n');
    expect(lines).toHaveLength(coreCommands.length + 2);
    expect(lines).toContainEqual(expect.stringMatching(/^\| `\/stop` \| {2}\| immediate \|/));
    expect(lines).toContainEqual(expect.stringMatching(/^\| `\/mode .*changes: ordered where/));
    expect(lines).toContainEqual(expect.stringMatching(/^\| `\/model .*immediate; with arguments ordered/));
  });
});
