/** One table of routes: method, path with `:params`, a name for faults and logs, and what it does. */
import type { SimMessage, World } from './world.ts';

export interface Call {
  readonly world: World;
  readonly appId: string;
  readonly args: readonly string[];
  readonly query: URLSearchParams;
  readonly body: Readonly<Record<string, unknown>>;
  readonly upload?: { readonly bytes: Buffer; readonly name: string };
  /** Replaces the content of a message. */
  edit(message: SimMessage, content: string): void;
}

export interface RawBody {
  readonly raw: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Route {
  readonly method: string;
  readonly pattern: RegExp;
  readonly op: string;
  run(call: Call): Record<string, unknown> | RawBody;
}

export function route(method: string, path: string, op: string, run: Route['run']): Route {
  return { method, pattern: new RegExp(`^${path.replace(/:\w+/g, '([^/]+)')}$`), op, run };
}
