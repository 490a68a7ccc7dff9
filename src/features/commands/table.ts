import type { CommandSpec } from '../../engine/command.ts';
import { agentCommand } from './agent.ts';
import { allowCommand } from './allow.ts';
import { cancelCommand } from './cancel.ts';
import { currentCommand } from './current.ts';
import { helpCommand } from './help.ts';
import { historyCommand } from './history.ts';
import { langCommand } from './lang.ts';
import { listCommand } from './list.ts';
import { modeCommand } from './mode.ts';
import { modelCommand } from './model.ts';
import { nameCommand } from './name.ts';
import { newCommand } from './new.ts';
import { projectCommand } from './project.ts';
import { psCommand } from './ps.ts';
import { quietCommand } from './quiet.ts';
import { startCommand } from './start.ts';
import { statusCommand } from './status.ts';
import { stopCommand } from './stop.ts';
import { switchCommand } from './switch.ts';
import { usageCommand } from './usage.ts';
import { versionCommand } from './version.ts';
import { whoamiCommand } from './whoami.ts';

/** The commands everyone has, in the order of menus and help. A new one is a file and a line here. */
export const coreCommands: readonly CommandSpec[] = [
  newCommand,
  listCommand,
  switchCommand,
  nameCommand,
  currentCommand,
  projectCommand,
  historyCommand,
  stopCommand,
  cancelCommand,
  psCommand,
  agentCommand,
  modeCommand,
  modelCommand,
  allowCommand,
  quietCommand,
  statusCommand,
  usageCommand,
  helpCommand,
  langCommand,
  startCommand,
  whoamiCommand,
  versionCommand,
];
