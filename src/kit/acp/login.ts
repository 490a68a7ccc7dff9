import { AppError } from '../../core/errors.ts';
import type { AgentFacts, LoginMethod } from './facts.ts';
import type { AcpPreset } from './preset.ts';

/**
 * The login method that may be used unasked: one that only reads variables, all of which are set. Others may open
 * a browser on a machine nobody sits at, so they have to be configured.
 */
export function keyLogin(
  facts: AgentFacts,
  env: Readonly<Record<string, string>>,
  preset: AcpPreset | undefined,
): string | undefined {
  const isSet = (name: string) => (env[name] ?? '') !== '';
  const found = facts.logins.find(({ id, variables }) => {
    const known = preset?.keyLogins?.[id];
    const needed = variables.length > 0 ? variables : known === undefined ? [] : [known];
    return needed.length > 0 && needed.every(isSet);
  });
  return found?.id;
}

/** What a person should do when the agent wants a login. */
export function loginAdvice(
  logins: readonly LoginMethod[],
  preset: AcpPreset | undefined,
  command: readonly string[],
): string {
  const terminal = logins.find(({ terminal }) => terminal !== undefined)?.terminal;
  const run = preset?.login ?? (terminal === undefined ? undefined : [...command, ...terminal].join(' '));
  const variables = [...new Set(logins.flatMap((login) => login.variables))];
  const ways = logins.filter(({ terminal }) => terminal === undefined);
  const parts = [
    run === undefined ? 'Log in by starting the agent in a terminal' : `Run \`${run}\` in a terminal`,
  ];
  if (variables.length > 0) parts.push(`or set ${variables.join(' or ')}`);
  if (ways.length > 0)
    parts.push(`or set auth_method to one of: ${ways.map(({ id, name }) => `${id} (${name})`).join(', ')}`);
  return `${parts.join(', ')}.`;
}

/** The agent wants a login before it does anything. */
export function loginNeeded(message: string, advice: string, cause: unknown): AppError {
  return new AppError('agent.auth', `The agent is not logged in: ${message}`, {
    kind: 'auth',
    advice,
    cause,
  });
}
