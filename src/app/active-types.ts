import { agentTypes } from '../agents/registry.ts';
import type { ActiveTypes } from '../config/inactive.ts';
import { platformTypes } from '../platforms/registry.ts';

/** What of a configuration does something in this version; the start log and `config check` name the rest. */
export function activeTypes(moreAgents: readonly { readonly type: string }[] = []): ActiveTypes {
  return {
    agents: [...agentTypes, ...moreAgents].map(({ type }) => type),
    platforms: platformTypes.map(({ type }) => type),
    features: [
      'aliases',
      'banned_words',
      'providers',
      'rate_limit',
      'outgoing_rate_limit',
      'references',
      'users',
    ],
  };
}
