type Environment = Readonly<Record<string, string>>;

/**
 * A child's whole environment: `base` with the layers over it, later ones winning, except that session variables
 * (`CC_…`) of the base always hold. `without`: variables by which the child would believe to run inside another one.
 */
export function childEnvironment(
  base: Environment,
  layers: readonly (Environment | undefined)[],
  without: readonly string[] = [],
): Record<string, string> {
  const env: Record<string, string> = Object.assign({}, base, ...layers);
  for (const [name, value] of Object.entries(base)) if (name.startsWith('CC_')) env[name] = value;
  for (const name of without) delete env[name];
  return env;
}

/** Hides the values of secret variables in a text of the program that was given this environment. */
export function hideSecrets(text: string, env: Environment): string {
  let clean = text;
  for (const [name, value] of Object.entries(env)) {
    if (value.length >= 6 && /KEY|TOKEN|SECRET|PASSWORD/.test(name)) clean = clean.replaceAll(value, '***');
  }
  return clean;
}
