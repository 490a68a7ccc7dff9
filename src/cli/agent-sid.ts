import { AppError } from '../core/errors.ts';
import { callDaemon, withQuery } from './client.ts';
import { clientDataDir } from './data-dir.ts';
import type { Io } from './io.ts';
import { Command, type DaemonFlags, forDaemon, parse } from './parse.ts';

interface Flags extends DaemonFlags {
  readonly project?: string;
  readonly session?: string;
}

/** `cc-connect agent-sid`: prints the id alone, for scripts; exit 1 when there is none. */
export async function agentSid(argv: readonly string[], io: Io): Promise<number> {
  const command = new Command('agent-sid')
    .description("Prints the agent's own id of the active conversation.")
    .option('-p, --project <name>', 'project (default: CC_PROJECT)')
    .option('-s, --session <key>', 'session key (default: CC_SESSION_KEY)')
    .action(async (flags: Flags) => {
      const path = withQuery('/agent-sid', {
        project: flags.project ?? io.env.CC_PROJECT,
        session: flags.session ?? io.env.CC_SESSION_KEY,
      });
      const answer = await callDaemon(await clientDataDir(flags, io), 'GET', path);
      const { id } = answer as { id: string | null };
      if (id === null)
        throw new AppError('no_agent_session', 'the conversation has no agent session yet', {
          kind: 'not_found',
          advice: 'send it a message first',
        });
      io.out(id);
    });
  return (await parse(forDaemon(command), argv, io)) ?? 0;
}
