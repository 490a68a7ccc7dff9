/** Which agent serves a model. */
export interface ModelRoute {
  /** Names of models; `*` stands for any characters, `?` for one. */
  readonly match: readonly string[];
  /** Name of the agent. */
  readonly agent: string;
}

/** The agent of the first route a model fits, whatever its case; undefined when none does. */
export function agentForModel(routes: readonly ModelRoute[], model: string): string | undefined {
  return routes.find(({ match }) => match.some((pattern) => fits(pattern, model)))?.agent;
}

function fits(pattern: string, model: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 'i').test(model);
}
