import type { AgentProvider, Machine } from '../../core/agent.ts';
import { AppError } from '../../core/errors.ts';
import type { OptionIssue } from '../../core/options.ts';
import { childEnvironment } from '../../kit/child-environment.ts';
import type { ClaudeCodeOptions } from './options.ts';

/** Variables by which the CLI would believe to run inside another one. */
export const NESTING_VARIABLES = [
  'CLAUDECODE',
  'CLAUDE_CODE_ENTRYPOINT',
  'CLAUDE_CODE_EXECPATH',
  'CLAUDE_CODE_SESSION_ID',
  'CLAUDE_CODE_SSE_PORT',
  'CLAUDE_CODE_CHILD_SESSION',
] as const;

/** What decides where the CLI's requests go. */
const ROUTING = ['ANTHROPIC_BASE_URL', 'ANTHROPIC_AUTH_TOKEN', 'ANTHROPIC_API_KEY'] as const;

export interface EnvironmentInput {
  /** Inherited plus session variables; the latter start with `CC_` and are never overridden. */
  readonly base: Readonly<Record<string, string>>;
  readonly options: ClaudeCodeOptions;
  readonly provider: AgentProvider | undefined;
  readonly mode: string;
  /** Effective user id 0. */
  readonly root: boolean;
}

/** The child's whole environment. Precedence: options, provider, session, router. Keys go here, never into argv. */
export function environment(input: EnvironmentInput): Record<string, string> {
  const { base, options, provider } = input;
  const env = childEnvironment(base, [options.env, providerEnv(provider)], NESTING_VARIABLES);
  Object.assign(env, routerEnv(options));
  // Otherwise the person's own settings could send the requests elsewhere.
  const routed =
    provider !== undefined && ROUTING.some((name) => env[name] !== undefined && env[name] !== '');
  if (routed || options.routerUrl !== undefined) env.CLAUDE_CODE_PROVIDER_MANAGED_BY_HOST = '1';
  if (input.mode === 'bypassPermissions' && input.root && env.IS_SANDBOX !== '1') {
    if (!options.allowRootBypass) throw rootBypass();
    env.IS_SANDBOX = '1';
  }
  return env;
}

function providerEnv(provider: AgentProvider | undefined): Record<string, string> {
  if (provider === undefined) return {};
  const env: Record<string, string> = {};
  if (provider.baseUrl !== undefined) {
    env.ANTHROPIC_BASE_URL = provider.baseUrl;
    if (provider.apiKey !== undefined) {
      env.ANTHROPIC_AUTH_TOKEN = provider.apiKey;
      // A key of the person's own would win over the token.
      env.ANTHROPIC_API_KEY = '';
    }
    if (provider.model !== undefined) env.ANTHROPIC_MODEL = provider.model;
  } else if (provider.apiKey !== undefined) env.ANTHROPIC_API_KEY = provider.apiKey;
  return { ...env, ...provider.env };
}

function routerEnv(options: ClaudeCodeOptions): Record<string, string> {
  if (options.routerUrl === undefined) return {};
  return {
    ANTHROPIC_BASE_URL: options.routerUrl,
    NO_PROXY: '127.0.0.1',
    DISABLE_TELEMETRY: 'true',
    DISABLE_COST_WARNINGS: 'true',
    ...(options.routerApiKey === undefined ? {} : { ANTHROPIC_API_KEY: options.routerApiKey }),
  };
}

/** What will come of the mode that the options ask for, before any conversation finds out. */
export function refusedAsRoot(
  options: ClaudeCodeOptions,
  { root, env }: Machine,
  provider: AgentProvider | undefined,
): readonly OptionIssue[] {
  const { IS_SANDBOX: sandbox } = { ...env, ...options.env, ...provider?.env };
  const allowed = options.allowRootBypass || sandbox === '1';
  if (options.mode !== 'bypassPermissions' || !root || allowed) return [];
  const { message, advice } = rootBypass();
  return [
    { key: 'mode', message: `means that no conversation will start: ${message}`, ...(advice && { advice }) },
  ];
}

function rootBypass(): AppError {
  return new AppError('bypass_as_root', 'Claude Code refuses the mode "bypassPermissions" when run as root', {
    kind: 'permission',
    advice:
      'Run the daemon as an ordinary user, choose another mode, or set allow_root_bypass = true if this machine is a sandbox.',
  });
}
