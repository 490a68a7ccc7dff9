import type { AgentMode } from '../../core/agent.ts';
import type { TurnSettings } from '../../kit/turn-process/spec.ts';

/** What a permission mode means to Codex: what is asked, and what the sandbox lets commands do. */
export interface CodexMode extends AgentMode {
  readonly approvalPolicy: 'untrusted' | 'on-request' | 'never';
  /** Of the exec backend, which can ask nobody. @default sandbox */
  readonly execSandbox?: 'read-only';
  readonly sandbox: 'read-only' | 'workspace-write' | 'danger-full-access';
}

/** What a session runs with, after options, provider and the engine's wishes were put together. */
export type Effective = TurnSettings<CodexMode>;

/** The sandbox names as `turn/start` wants them. */
export const SANDBOX_POLICIES: Readonly<Record<CodexMode['sandbox'], object>> = {
  'read-only': { type: 'readOnly', networkAccess: false },
  'workspace-write': {
    type: 'workspaceWrite',
    writableRoots: [],
    networkAccess: false,
    excludeTmpdirEnvVar: false,
    excludeSlashTmp: false,
  },
  'danger-full-access': { type: 'dangerFullAccess' },
};

export const MODES: readonly CodexMode[] = [
  {
    id: 'suggest',
    aliases: ['default', 'ask', 'normal', 'read-only', 'readonly'],
    label: 'Suggest',
    description: 'Asks before it changes files or runs commands that are not known to be safe',
    // With `on-request` a command would simply fail in the sandbox and nobody be asked.
    approvalPolicy: 'untrusted',
    // Every command but known readers (ls, cat, git status …) is asked about here, and what a person has allowed must
    // run: in the read-only sandbox it is first tried inside, and now and then not again outside.
    sandbox: 'danger-full-access',
    execSandbox: 'read-only',
  },
  {
    id: 'auto-edit',
    aliases: ['autoedit', 'auto_edit', 'edit', 'accept-edits', 'acceptedits'],
    label: 'Auto edit',
    description: 'Works freely inside the working directory; asks to go beyond it',
    approvalPolicy: 'on-request',
    sandbox: 'workspace-write',
  },
  {
    id: 'full-auto',
    aliases: ['fullauto', 'full_auto', 'auto'],
    label: 'Full auto',
    description: 'Works inside the working directory and never asks; what goes beyond it fails',
    bypass: true,
    approvalPolicy: 'never',
    sandbox: 'workspace-write',
  },
  {
    id: 'yolo',
    aliases: ['bypass', 'bypasspermissions', 'bypass-permissions', 'danger', 'danger-full-access'],
    label: 'YOLO',
    description: 'No sandbox and no questions; everything is allowed',
    bypass: true,
    approvalPolicy: 'never',
    sandbox: 'danger-full-access',
  },
];
