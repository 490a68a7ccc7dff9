/** Where a process kills itself: `name` or `name@before` of a change, at its n-th commit. */
export interface Failpoint {
  readonly name: string;
  readonly nth: number;
}

/** `CC_CONNECT_FAILPOINT=name:nth`, for tests of kills only. */
export function failpointOf(env: Readonly<Record<string, string | undefined>>): Failpoint | undefined {
  const [name, nth] = (env.CC_CONNECT_FAILPOINT ?? '').split(':');
  return name ? { name, nth: Number(nth ?? 1) } : undefined;
}
