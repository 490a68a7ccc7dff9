import { describe, expect, it } from 'vitest';
import { disabledFor, roleOf } from '../../src/engine/roles.ts';
import type { ProjectSettings } from '../../src/engine/settings.ts';

const role = (name: string, userIds: string[], disabledCommands: string[] = []) => ({
  name,
  userIds,
  disabledCommands,
  rateLimit: undefined,
});
const settings = (defaultRole = '') =>
  ({
    roles: [role('dev', ['U1', 'u2'], ['model']), role('late', ['u1']), role('guest', ['*'], ['*'])],
    defaultRole,
    disabledCommands: ['new'],
  }) as unknown as ProjectSettings;

describe('roles', () => {
  it('the first role that lists a person counts, whatever the case of the id', () => {
    expect(roleOf(settings(), { id: 'u1' })?.name).toBe('dev');
  });
  it('everybody else has the default role, else the role for everybody', () => {
    expect(roleOf(settings('late'), { id: 'x' })?.name).toBe('late');
    expect(roleOf(settings(), { id: 'x' })?.name).toBe('guest');
  });
  it("a role's disabled commands replace the project's; without roles the project's count", () => {
    expect(disabledFor(settings(), { id: 'u2' })).toEqual(['model']);
    expect(disabledFor({ ...settings(), roles: [] }, { id: 'u2' })).toEqual(['new']);
  });
});
