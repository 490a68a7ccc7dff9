import { record, records, text, type Wire } from './wire.ts';

/** One way to log in, as the agent offers it. */
export interface LoginMethod {
  readonly id: string;
  readonly name: string;
  /** Variables it reads; empty when it is no matter of variables. */
  readonly variables: readonly string[];
  /** Arguments with which the agent's own program logs in on a terminal; then `authenticate` does not take it. */
  readonly terminal: readonly string[] | undefined;
}

/** What an agent says of itself in reply to `initialize`. */
export interface AgentFacts {
  readonly name: string | undefined;
  readonly version: string | undefined;
  readonly load: boolean;
  readonly resume: boolean;
  readonly list: boolean;
  readonly remove: boolean;
  readonly close: boolean;
  readonly images: boolean;
  readonly logins: readonly LoginMethod[];
}

/** Reads the reply to `initialize`. An ability is there when its key is, whatever its value (`list: {}`). */
export function factsOf(reply: Wire): AgentFacts {
  const info = record(reply.agentInfo);
  const abilities = record(reply.agentCapabilities);
  const session = record(abilities.sessionCapabilities);
  const has = (key: string) => session[key] !== undefined && session[key] !== null && session[key] !== false;
  return {
    name: text(info.title) ?? text(info.name),
    version: text(info.version),
    load: abilities.loadSession === true,
    resume: has('resume'),
    list: has('list'),
    remove: has('delete'),
    close: has('close'),
    images: record(abilities.promptCapabilities).image === true,
    logins: records(reply.authMethods).map(loginOf),
  };
}

function loginOf(method: Wire): LoginMethod {
  const id = text(method.id) ?? '';
  const args = Array.isArray(method.args) ? method.args.filter((arg) => typeof arg === 'string') : [];
  return {
    id,
    name: text(method.name) ?? id,
    variables: records(method.vars).flatMap((variable) => text(variable.name) ?? []),
    terminal: method.type === 'terminal' ? args : undefined,
  };
}
